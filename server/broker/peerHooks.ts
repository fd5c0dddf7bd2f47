import type { ConnectionTable } from "./connectionTable.ts";
import { countRefused, type Counters } from "./counters.ts";
import { dropForbidden } from "./dropForbidden.ts";
import type { Ingest } from "./ingest.ts";
import type { Ledger } from "./ledger.ts";
import type { Log } from "./log.ts";
import type { Peer, PeerHooks } from "./peer.ts";
import type { RareLog } from "./rareLog.ts";
import type { RetainedIndex } from "./retained.ts";
import { retainedOf } from "./retainedOf.ts";
import type { Sessions } from "./sessions.ts";

/** Whom the packets of a connection are passed to. */
export interface PeerHooksOptions {
  readonly sessions: Sessions;
  readonly ingest: Ingest;
  readonly retained: Pick<RetainedIndex, "walk">;
  readonly ledger: Ledger;
  readonly counters: Counters;
  readonly addressOf: (peer: Peer) => string;
  /** A peer broke the protocol. */
  readonly onViolation: (peer: Peer, reason: string) => void;
  readonly log: Log;
  /** For what a client could cause without end. */
  readonly rareLog: RareLog;
}

/** Closed for cause, yet no violation of the protocol: slow or old networks, other versions. */
const BLAMELESS: ReadonlySet<string> = new Set([
  "slow",
  "connect-timeout",
  "protocol-version",
  "idle",
  "unauthenticated-bytes",
]);

/** Creates the hooks for what comes while a connection is open; how it opens and closes is decided elsewhere. */
export function createPeerHooks(
  options: PeerHooksOptions,
  table: ConnectionTable,
): Omit<PeerHooks, "connect" | "open" | "closed"> {
  const { sessions, ingest, retained, ledger, counters, log, rareLog } = options;

  function subscribe(peer: Peer, filter: string, qos: 0 | 1 | 2): boolean {
    const connection = table.present(peer);
    if (connection === undefined) return false;
    connection.inbound.count(1);
    const isAllowed = connection.acl.maySubscribe(filter);
    if (isAllowed && connection.session.subscribe(filter, qos)) return true;
    counters.denied.subscribe++;
    const { clientId, user } = connection;
    rareLog.info(`subscribe ${clientId}`, { clientId, user, filter }, "A subscription was refused.");
    return false;
  }

  return {
    subscribe,
    ready(peer) {
      const connection = table.present(peer);
      if (connection === undefined) return;
      dropForbidden(connection.session);
      connection.session.delivery.resume();
    },
    publish(peer, packet, done) {
      const connection = table.ofPeer(peer);
      if (connection === undefined) return done(new Error("The client is not connected."));
      connection.inbound.count(1);
      ingest.publish(connection, packet, done);
    },
    read(peer, bytes) {
      table.ofPeer(peer)?.inbound.read(bytes);
    },
    pinged: (peer) => table.ofPeer(peer)?.inbound.count(1),
    tooManyFilters(peer, count) {
      counters.denied.subscribe += count;
      const { clientId, user } = table.ofPeer(peer) ?? {};
      rareLog.info(`subscribe ${clientId}`, { clientId, user, count }, "A SUBSCRIBE had too many filters.");
    },
    acknowledge: (peer, packetId) => table.ofPeer(peer)?.link.acknowledge(packetId),
    will(peer, packet) {
      const connection = table.ofPeer(peer);
      if (connection !== undefined) ingest.will(connection, packet);
    },
    subscribed(peer, filters) {
      table.present(peer)?.session.delivery.replay(retainedOf(filters, retained));
    },
    unsubscribed(peer, filters) {
      table.present(peer)?.inbound.count(filters.length);
      for (const filter of filters) table.present(peer)?.session.unsubscribe(filter);
    },
    acknowledged: (peer, packetId) => table.present(peer)?.session.delivery.acknowledge(packetId),
    received(peer, packetId, kept) {
      const connection = table.present(peer);
      if (connection !== undefined) connection.session.delivery.receive(packetId, kept);
    },
    released(peer, packetId, kept) {
      table.present(peer)?.session.inboundIds.delete(packetId);
      ledger.whenKept(kept);
    },
    kept: (act) => ledger.whenKept(act),
    hasSession: (clientId) => sessions.get(clientId)?.isPersistent === true,
    refused(peer, reason) {
      countRefused(counters, reason);
      const clientId = table.ofPeer(peer)?.clientId;
      const address = options.addressOf(peer);
      rareLog.info(`closed ${address}`, { clientId, address, reason }, "A connection was closed for cause.");
      if (!BLAMELESS.has(reason)) options.onViolation(peer, reason);
    },
    failed: (error, what) => log.error({ err: error, what }, "The broker could not finish an operation."),
  };
}
