import type { Access, Knock } from "./access.ts";
import { createAdmission, type Candidate, type Verdict } from "./admission.ts";
import type { Bans } from "./bans.ts";
import type { Connection, SessionChange } from "./connection.ts";
import type { ConnectionTable } from "./connectionTable.ts";
import { countRefused, type Counters } from "./counters.ts";
import type { Inbound } from "./inbound.ts";
import type { Ledger } from "./ledger.ts";
import type { BrokerLimits } from "./limits.ts";
import type { Link } from "./link.ts";
import type { ConnectRequest, Peer, PeerHooks } from "./peer.ts";
import type { RareLog } from "./rareLog.ts";
import type { Sessions } from "./sessions.ts";
import type { Way } from "./way.ts";
import type { Wills } from "./wills.ts";

/** Who decides about a CONNECT, and what an accepted one is given. */
export interface OpeningOptions {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly ledger: Ledger;
  readonly wills: Wills;
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly createLink: (peer: Peer, reactions: { onRoom: () => void; onStuck: () => void }) => Link;
  readonly createInbound: (
    peer: Peer,
    client: { clientId: string; keepAliveS: number; sent: () => number },
  ) => Inbound;
  readonly addressOf: (peer: Peer) => string;
  /** Shuts out client ids that several devices fight for. */
  readonly flapping: Bans;
  readonly wayOf: (peer: Peer) => Way;
  /** The CONNECT of a peer was accepted. */
  readonly onAdmitted: (peer: Peer) => void;
  readonly onChange: (change: SessionChange) => void;
  readonly onKnock: (knock: Knock) => void;
  readonly now: () => number;
  /** For what a client could cause without end. */
  readonly rareLog: RareLog;
}

/** Lets clients in: the CONNECT, and then the connection, which takes the place of an older one. */
export function createOpening(
  options: OpeningOptions,
  table: ConnectionTable,
): Pick<PeerHooks, "connect" | "open"> {
  const { sessions, ledger, wills, limits, counters, flapping, now, rareLog } = options;
  const admit = createAdmission(options);
  const candidates = new WeakMap<Peer, Candidate>();
  let lastEpoch = 0;

  function nextEpoch(): number {
    // From the clock, so that it rises over a restart without being stored.
    lastEpoch = Math.max(lastEpoch + 1, now());
    return lastEpoch;
  }

  /** A newer connection of a client takes the place of its older one, so it is not one more. */
  function crowding(user: string | undefined, clientId: string): string | undefined {
    if (flapping.refuses(clientId)) return "flapping";
    if (user === undefined || table.of(clientId) !== undefined) return undefined;
    return table.countOf(user) >= limits.connectionsPerUser ? "connections-per-user" : undefined;
  }

  async function judge(way: Way, request: ConnectRequest): Promise<Verdict> {
    const { clientId, username, password } = request;
    const verdict = await admit({ clientId, username, password, ...way }, request);
    if ("code" in verdict) return verdict;
    const reason = crowding(verdict.candidate.identity.user, clientId);
    return reason === undefined ? verdict : { code: 3, reason };
  }

  /** Others may have come in while this one was looked at. */
  function lateRefusal({ request: { clientId }, identity: { user } }: Candidate): string | undefined {
    const owner = sessions.get(clientId);
    // Two users asked for a new client id at the same moment; the first has it.
    if (owner !== undefined && owner.user !== user) return "client-id-taken";
    return crowding(user, clientId);
  }

  function establish(peer: Peer, { request, identity: { user }, acl }: Candidate): Connection {
    const { clientId, isPersistent } = request;
    const epoch = nextEpoch();
    const notedBefore = ledger.noted;
    const session = sessions.open({ clientId, user, acl, isPersistent });
    const link = options.createLink(peer, {
      onRoom: () => session.delivery.proceed(),
      onStuck: () => peer.close("slow"),
    });
    session.delivery.attach(link);
    const inbound = options.createInbound(peer, {
      clientId,
      keepAliveS: request.keepAliveS,
      sent: () => session.delivery.status().delivered,
    });
    const { inboundIds } = session;
    const address = options.addressOf(peer);
    const connectedAt = now();
    const about = { address, request, connectedAt, clientId, user, epoch };
    const connection: Connection = {
      ...about,
      peer,
      session,
      link,
      inbound,
      inflow: peer.inflow,
      acl,
      inboundIds,
      owedAcknowledgements: 0,
    };
    wills.open(connection, request.will);
    if (ledger.noted !== notedBefore) answerWhenKept(peer);
    return connection;
  }

  /** The CONNACK says that the session is there and the will is stored, so it waits until they are on disk. */
  function answerWhenKept({ connection }: Peer): void {
    connection.cork();
    ledger.whenKept(() => connection.uncork());
  }

  function takeOver({ clientId, peer, link, address }: Connection): void {
    counters.takeovers++;
    peer.blame("takeover");
    link.close();
    flapping.strike(clientId, address);
  }

  return {
    async connect(peer, request) {
      const { clientId, username } = request;
      const address = options.addressOf(peer);
      const verdict = await judge(options.wayOf(peer), request);
      if ("candidate" in verdict) {
        candidates.set(peer, verdict.candidate);
        return 0;
      }
      countRefused(counters, verdict.reason);
      const about = { clientId, username, address, reason: verdict.reason };
      rareLog.info(`connect ${address}`, about, "A client was refused.");
      options.onKnock({ clientId, username, address, reason: verdict.reason, at: now() });
      return verdict.code;
    },
    open(peer) {
      const candidate = candidates.get(peer);
      if (candidate === undefined) throw new Error("A connection was opened without having been accepted.");
      const reason = lateRefusal(candidate);
      if (reason !== undefined) {
        countRefused(counters, reason);
        return false;
      }
      const before = table.of(candidate.request.clientId);
      const connection = establish(peer, candidate);
      table.add(connection);
      options.onAdmitted(peer);
      counters.accepted++;
      if (before !== undefined) takeOver(before);
      // Told before the old connection's will is routed: that will is then known to be of an older epoch.
      const cause = before === undefined ? "connect" : "takeover";
      const { clientId, user, epoch, address, connectedAt } = connection;
      options.onChange({ clientId, user, epoch, up: true, cause, address, at: connectedAt });
      return true;
    },
  };
}
