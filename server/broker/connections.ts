import { matchesFilter } from "#flows/topics/topicFilter.ts";
import { ownsClientId, type Access, type Knock } from "./access.ts";
import { compileAcl, type Acl } from "./acl.ts";
import { createAdmission, type Candidate, type Verdict } from "./admission.ts";
import type { Bans } from "./bans.ts";
import { countRefused, type Counters } from "./counters.ts";
import { textBounds } from "./filters.ts";
import type { Inbound } from "./inbound.ts";
import type { Ingest, Publisher } from "./ingest.ts";
import type { BrokerLimits } from "./limits.ts";
import type { Link } from "./link.ts";
import type { Log } from "./log.ts";
import type { CloseCause, ConnackCode, ConnectRequest, Peer, PeerHooks } from "./peer.ts";
import type { Ledger } from "./ledger.ts";
import type { RareLog } from "./rareLog.ts";
import type { RetainedIndex, RetainedMessage } from "./retained.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { KeptSession } from "./storage.ts";
import { createTally } from "./tally.ts";
import type { Wills } from "./wills.ts";
import type { Way } from "./way.ts";

/** A session went up or down. A takeover is only an "up" with a higher epoch: the device was never away. */
export interface SessionChange {
  readonly clientId: string;
  readonly user: string | undefined;
  /** Rises with every connection, also over restarts of the hub. */
  readonly epoch: number;
  readonly up: boolean;
  readonly cause: "connect" | CloseCause;
  readonly address: string;
  readonly at: number;
}

/** One accepted connection. */
export interface Connection extends Publisher {
  readonly peer: Peer;
  readonly session: Session;
  readonly link: Link;
  readonly inbound: Inbound;
  readonly address: string;
  readonly request: ConnectRequest;
  readonly connectedAt: number;
  acl: Acl;
}

/** Connections by client id, and the protocol hooks that keep them. */
export interface Connections {
  readonly hooks: PeerHooks;
  of(clientId: string): Connection | undefined;
  all(): readonly Connection[];
  readonly count: number;
  /** Takes up a session of the last run, if its owner still has rights. */
  restore(kept: KeptSession): void;
  /** What somebody may do today. */
  aclOf(user: string | undefined, clientId: string): Acl;
  /** Asks for the present rules of everyone who logged in as this user, and cuts off who has none. */
  refresh(user: string | undefined): void;
}

/** Parts the connections work with. */
export interface ConnectionsOptions {
  readonly access: Access;
  readonly sessions: Sessions;
  readonly ingest: Ingest;
  readonly retained: Pick<RetainedIndex, "walk">;
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
  /** A peer broke the protocol. */
  readonly onViolation: (peer: Peer, reason: string) => void;
  readonly wayOf: (peer: Peer) => Way;
  /** The CONNECT of a peer was accepted. */
  readonly onAdmitted: (peer: Peer) => void;
  readonly onChange: (change: SessionChange) => void;
  readonly onKnock: (knock: Knock) => void;
  readonly now: () => number;
  readonly log: Log;
  /** For what a client could cause without end. */
  readonly rareLog: RareLog;
}

/** Ends that two devices with one client id cause in each other, or a client that cannot stay. */
const BROKEN: ReadonlySet<CloseCause> = new Set(["socket", "keepalive", "protocol", "slow"]);
/** Closed for cause, yet no violation of the protocol: slow or old networks, other versions. */
const BLAMELESS: ReadonlySet<string> = new Set([
  "slow",
  "connect-timeout",
  "protocol-version",
  "idle",
  "unauthenticated-bytes",
]);
const nothingAllowed: Acl = { mayPublish: () => false, maySubscribe: () => false, mayReceive: () => false };

/** Creates the table of connections: who is there, in which epoch, and why somebody left. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { access, sessions, ingest, retained, ledger, wills, limits, counters } = options;
  const { flapping, now, log, rareLog } = options;
  const bounds = textBounds(limits);
  const admit = createAdmission({ access, sessions, limits, counters });
  const candidates = new WeakMap<Peer, Candidate>();
  const byPeer = new WeakMap<Peer, Connection>();
  const byClient = new Map<string, Connection>();
  const perUser = createTally();
  let lastEpoch = 0;

  function nextEpoch(): number {
    // From the clock, so that it rises over a restart without being stored.
    lastEpoch = Math.max(lastEpoch + 1, now());
    return lastEpoch;
  }

  /** A newer connection of a client takes the place of its older one, so it is not one more. */
  function crowding(user: string | undefined, clientId: string): string | undefined {
    if (flapping.refuses(clientId)) return "flapping";
    if (user === undefined || byClient.has(clientId)) return undefined;
    return perUser.of(user) >= limits.connectionsPerUser ? "connections-per-user" : undefined;
  }

  async function judge(way: Way, request: ConnectRequest): Promise<Verdict> {
    const { clientId, username, password } = request;
    const verdict = await admit({ clientId, username, password, ...way }, request);
    if ("code" in verdict) return verdict;
    const reason = crowding(verdict.candidate.identity.user, clientId);
    return reason === undefined ? verdict : { code: 3, reason };
  }

  async function connect(peer: Peer, request: ConnectRequest): Promise<ConnackCode> {
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
  }

  function open(peer: Peer): boolean {
    const candidate = candidates.get(peer);
    if (candidate === undefined) throw new Error("A connection was opened without having been accepted.");
    const { request, identity, acl } = candidate;
    const { clientId, isPersistent } = request;
    const { user } = identity;
    const owner = sessions.get(clientId);
    if (owner !== undefined && owner.user !== user) {
      // Two users asked for a new client id at the same moment; the first has it.
      countRefused(counters, "client-id-taken");
      return false;
    }
    // Others may have come in while this one was looked at.
    const reason = crowding(user, clientId);
    if (reason !== undefined) {
      countRefused(counters, reason);
      return false;
    }
    const before = byClient.get(clientId);
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
    byPeer.set(peer, connection);
    byClient.set(clientId, connection);
    if (user !== undefined) perUser.add(user);
    options.onAdmitted(peer);
    counters.accepted++;
    if (before !== undefined) {
      counters.takeovers++;
      before.peer.blame("takeover");
      before.link.close();
      flapping.strike(clientId, before.address);
    }
    // Told before the old connection's will is routed: that will is then known to be of an older epoch.
    const cause = before === undefined ? "connect" : "takeover";
    options.onChange({ clientId, user, epoch, up: true, cause, address, at: connectedAt });
    return true;
  }

  /** The CONNACK says that the session is there and the will is stored, so it waits until they are on disk. */
  function answerWhenKept({ connection }: Peer): void {
    connection.cork();
    ledger.whenKept(() => connection.uncork());
  }

  function closed(peer: Peer, cause: CloseCause): void {
    const connection = byPeer.get(peer);
    if (connection === undefined) return;
    const { session, clientId, user, epoch, address } = connection;
    connection.link.close();
    connection.inbound.close();
    if (user !== undefined) perUser.remove(user);
    // A hub that ends keeps the wills: whoever does not come back after the restart has really gone.
    if (connection.request.will !== undefined && cause !== "hub-restart") wills.end(connection);
    if (byClient.get(clientId) !== connection) return;
    byClient.delete(clientId);
    if (BROKEN.has(cause)) flapping.strike(clientId, address);
    sessions.leave(session);
    // A hub that ends leaves everything with whom it is: they all come back.
    if (cause !== "hub-restart") session.passOn();
    options.onChange({ clientId, user, epoch, up: false, cause, address, at: now() });
  }

  function aclOf(user: string | undefined, clientId: string, way?: Way): Acl | undefined {
    const identity = access.current(user, clientId, way);
    if (identity === undefined || !ownsClientId(identity, clientId)) return undefined;
    return compileAcl(identity.rules, { user, clientId }, bounds);
  }

  /** The connection of a peer as long as no newer one took its session over. */
  function present(peer: Peer): Connection | undefined {
    const connection = byPeer.get(peer);
    return connection !== undefined && byClient.get(connection.clientId) === connection
      ? connection
      : undefined;
  }

  function subscribe(peer: Peer, filter: string, qos: 0 | 1 | 2): boolean {
    const connection = present(peer);
    if (connection === undefined) return false;
    connection.inbound.count(1);
    const isAllowed = connection.acl.maySubscribe(filter);
    if (isAllowed && connection.session.subscribe(filter, qos)) return true;
    counters.denied.subscribe++;
    const { clientId, user } = connection;
    rareLog.info(`subscribe ${clientId}`, { clientId, user, filter }, "A subscription was refused.");
    return false;
  }

  const hooks: PeerHooks = {
    connect,
    open,
    closed,
    subscribe,
    ready(peer) {
      const connection = present(peer);
      if (connection === undefined) return;
      dropForbidden(connection.session);
      connection.session.delivery.resume();
    },
    publish(peer, packet, done) {
      const connection = byPeer.get(peer);
      if (connection === undefined) return done(new Error("The client is not connected."));
      connection.inbound.count(1);
      ingest.publish(connection, packet, done);
    },
    read(peer, bytes) {
      byPeer.get(peer)?.inbound.read(bytes);
    },
    pinged: (peer) => byPeer.get(peer)?.inbound.count(1),
    tooManyFilters(peer, count) {
      counters.denied.subscribe += count;
      const { clientId, user } = byPeer.get(peer) ?? {};
      rareLog.info(`subscribe ${clientId}`, { clientId, user, count }, "A SUBSCRIBE had too many filters.");
    },
    acknowledge: (peer, packetId) => byPeer.get(peer)?.link.acknowledge(packetId),
    will(peer, packet) {
      const connection = byPeer.get(peer);
      if (connection !== undefined) ingest.will(connection, packet);
    },
    subscribed(peer, filters) {
      present(peer)?.session.delivery.replay(retainedOf(filters, retained));
    },
    unsubscribed(peer, filters) {
      present(peer)?.inbound.count(filters.length);
      for (const filter of filters) present(peer)?.session.unsubscribe(filter);
    },
    acknowledged: (peer, packetId) => present(peer)?.session.delivery.acknowledge(packetId),
    received(peer, packetId, kept) {
      const connection = present(peer);
      if (connection !== undefined) connection.session.delivery.receive(packetId, kept);
    },
    released(peer, packetId, kept) {
      present(peer)?.session.inboundIds.delete(packetId);
      ledger.whenKept(kept);
    },
    kept: (act) => ledger.whenKept(act),
    hasSession: (clientId) => sessions.get(clientId)?.isPersistent === true,
    refused(peer, reason) {
      countRefused(counters, reason);
      const clientId = byPeer.get(peer)?.clientId;
      const address = options.addressOf(peer);
      rareLog.info(`closed ${address}`, { clientId, address, reason }, "A connection was closed for cause.");
      if (!BLAMELESS.has(reason)) options.onViolation(peer, reason);
    },
    failed: (error, what) => log.error({ err: error, what }, "The broker could not finish an operation."),
  };

  return {
    hooks,
    of: (clientId) => byClient.get(clientId),
    all: () => [...byClient.values()],
    get count() {
      return byClient.size;
    },
    restore(kept) {
      const acl = aclOf(kept.user, kept.clientId);
      if (acl === undefined) ledger.note({ do: "forget", clientId: kept.clientId });
      else sessions.restore(kept, acl);
    },
    aclOf: (user, clientId) => aclOf(user, clientId) ?? nothingAllowed,
    refresh(user) {
      for (const session of Array.from(sessions.all())) {
        if (session.user !== user) continue;
        const connection = byClient.get(session.clientId);
        const acl = aclOf(user, session.clientId, connection && options.wayOf(connection.peer));
        session.acl = acl ?? nothingAllowed;
        if (connection !== undefined) connection.acl = session.acl;
        dropForbidden(session);
        if (acl !== undefined) continue;
        connection?.peer.close("kicked");
        sessions.remove(session);
      }
    },
  };
}

/** What new filters match, each message once however many of them do. */
function* retainedOf(
  filters: readonly string[],
  retained: Pick<RetainedIndex, "walk">,
): Generator<RetainedMessage, undefined> {
  for (const [index, filter] of filters.entries()) {
    const earlier = filters.slice(0, index);
    for (const message of retained.walk(filter))
      if (!earlier.some((other) => matchesFilter(other, message.topic))) yield message;
  }
}

function dropForbidden(session: Session): void {
  for (const { filter } of session.filters()) {
    if (!session.acl.maySubscribe(filter)) session.unsubscribe(filter);
  }
}
