import { setImmediate } from "node:timers/promises";
import type { Knock } from "./access.ts";
import { createAedesPort } from "./aedes.ts";
import type { Broker, BrokerOptions } from "./brokerTypes.ts";
import { createConnections, type SessionChange } from "./connections.ts";
import { createCounters } from "./counters.ts";
import { createEventListeners } from "./eventListeners.ts";
import type { BrokerFinding } from "./finding.ts";
import { createGate } from "./gate.ts";
import { createInbounds } from "./inbounds.ts";
import { brokerLimits } from "./limits.ts";
import { createLinks } from "./link.ts";
import { createListeners } from "./listeners.ts";
import { createMessagePath } from "./messagePath.ts";
import { createOffenders } from "./offenders.ts";
import type { Peer } from "./peer.ts";
import { createRareLog } from "./rareLog.ts";
import type { KeptWill } from "./storage.ts";
import { createVisibility } from "./visibility.ts";
import { createWills } from "./wills.ts";

export type { Access, Credentials, Identity, Knock, Refusal } from "./access.ts";
export type { AclRule } from "./acl.ts";
export type { Arrival, Origin, Qos } from "./arrival.ts";
export type { Broker, BrokerOptions } from "./brokerTypes.ts";
export type { ClientInfo, TlsInfo } from "./clients.ts";
export type { SessionChange } from "./connections.ts";
export type { BrokerFinding } from "./finding.ts";
export type { HubMessage } from "./ingest.ts";
export type { BrokerLimits } from "./limits.ts";
export type { HistogramReading } from "./histogram.ts";
export type { Log } from "./log.ts";
export type { BrokerStorage } from "./storage.ts";
export type { TracedPacket } from "./packetRecord.ts";
export { traceMsMax, type TraceInfo } from "./packetTraces.ts";
export type { BrokerStats } from "./stats.ts";
export { byPacketType } from "./packetTypes.ts";
export type { TlsOptions } from "./tlsListener.ts";
export type { ClientCertificate, Way } from "./way.ts";

/** How often sessions are looked through for old ones. */
const SWEEP_MS = 60_000;

/** Builds the broker; nothing listens before `start`. */
export function createBroker(options: BrokerOptions): Broker {
  const { access, storage, schedule, now, log } = options;
  const limits = { ...brokerLimits, ...options.limits };
  const counters = createCounters();
  const rareLog = createRareLog(log, now);
  const sessionListeners = createEventListeners<SessionChange>(log);
  const knockListeners = createEventListeners<Knock>(log);
  const findingListeners = createEventListeners<BrokerFinding>(log);
  const messages = createMessagePath({
    options,
    limits,
    counters,
    onOverflow: (clientId) => connections.of(clientId)?.peer.close("slow"),
    onDenied({ clientId, user }, topic) {
      visibility.denied(clientId, topic);
      rareLog.info(`publish ${clientId}`, { clientId, user, topic }, "A publish was refused.");
    },
  });
  const { bus, ledger, retained, sessions, ingest } = messages;
  const visibility = createVisibility({
    version: options.version ?? "",
    bus,
    counters,
    limits,
    retained,
    ledger,
    now,
    elapsed: options.elapsed ?? (() => performance.now()),
    schedule,
    tables: () => ({ sessions, connections, gate, wills }),
  });
  const gate = createGate({ limits, now, schedule });
  const { flapping, violators } = createOffenders({
    limits,
    counters,
    now,
    log,
    onFinding: findingListeners.tell,
  });
  const listeners = createListeners({
    limits,
    counters,
    rareLog,
    gate,
    violators,
    accept(connection, request) {
      visibility.accepted(connection, request?.socket);
      port.accept(connection, request);
    },
  });
  const wills = createWills({ ledger, publish: publishLeftWill });
  const createLink = createLinks(visibility.flushWatch);
  const { socketBufferBytes, drainMs } = limits;
  const createInbound = createInbounds({
    limits,
    counters,
    rareLog,
    now,
    schedule,
    onIdle(peer) {
      hooks.refused(peer, "idle");
      peer.close("keepalive");
    },
  });
  const connections = createConnections({
    access,
    sessions,
    ingest,
    retained: visibility.retained,
    ledger,
    wills,
    limits,
    counters,
    createLink: ({ connection }, reactions) =>
      createLink({ connection, socketBufferBytes, drainMs, ...reactions }),
    createInbound,
    flapping,
    onViolation: (peer, reason) => violators.strike(addressOf(peer), reason),
    addressOf,
    wayOf: ({ connection }) => listeners.wayOf(connection),
    onAdmitted: ({ connection }) => listeners.admit(connection),
    onChange(change) {
      if (change.up) visibility.wentUp();
      sessionListeners.tell(change);
    },
    onKnock: knockListeners.tell,
    now,
    log,
    rareLog,
  });
  const hooks = visibility.observed(connections.hooks);
  const port = createAedesPort(hooks, limits, visibility.watch);
  let cancelSweep = () => {};
  let cancelGrace = () => {};

  /** Memory first, then the listeners: what the last run of the hub left is there before anybody can ask. */
  function restore(): void {
    const kept = storage.load();
    messages.restore(kept);
    for (const session of kept.sessions) connections.restore(session);
    wills.restore(kept.wills);
  }

  function publishLeftWill({ clientId, user, epoch, ...will }: KeptWill): void {
    counters.recoveredWills++;
    // Whoever lost its rights since then has nothing left to say.
    ingest.will({ clientId, user, epoch, acl: connections.aclOf(user, clientId) }, will);
  }

  function sweep(): void {
    sessions.expire();
    cancelSweep = schedule(sweep, SWEEP_MS);
  }

  function addressOf(peer: Peer): string {
    return listeners.wayOf(peer.connection).address;
  }

  return {
    async start() {
      restore();
      await port.start();
      visibility.start();
      listeners.start();
      sweep();
      cancelGrace = schedule(wills.publishLeft, limits.willGraceMs);
      return { tcpPort: options.tcp === undefined ? undefined : await listeners.tcp.open(options.tcp) };
    },
    async stop() {
      cancelSweep();
      cancelGrace();
      visibility.stop();
      await listeners.stop();
      for (const { peer } of connections.all()) peer.blame("hub-restart");
      // What was published in this turn is handed to the sockets first.
      await setImmediate();
      await port.stop();
      await gate.closeAll();
      await ledger.close();
    },
    openTcp: (place) => listeners.tcp.open(place),
    closeTcp: () => listeners.tcp.close(),
    openTls: (place, tlsOptions) => listeners.tls.open(place, tlsOptions),
    secureTls: (tlsOptions) => listeners.tls.secure(tlsOptions),
    handleUpgrade: (request, socket, head) => listeners.webSocket.handleUpgrade(request, socket, head),
    onMessage: (listener) => bus.tap(visibility.timed(listener)),
    onSession: sessionListeners.add,
    onRefusal: knockListeners.add,
    onFinding: findingListeners.add,
    publish: (message) => ingest.send(message),
    submit: ledger.submit,
    retained: (filter) => retained.match(filter),
    clients: visibility.clients,
    client: visibility.client,
    traces: visibility.traces,
    kick(clientId, cause = "kicked") {
      const connection = connections.of(clientId);
      connection?.peer.close(cause);
      return connection !== undefined;
    },
    clearQueue: (clientId) => sessions.get(clientId)?.delivery.clear(),
    refreshAccess: (user) => connections.refresh(user),
    stats: visibility.stats,
  };
}
