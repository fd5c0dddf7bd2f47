import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Access, Knock } from "./access.ts";
import { isLoopback, plainAddress } from "./address.ts";
import { createAedesPort } from "./aedes.ts";
import type { Arrival, Qos } from "./arrival.ts";
import { createBans } from "./bans.ts";
import { createBus } from "./bus.ts";
import type { ClientInfo } from "./clients.ts";
import { createConnections, type SessionChange } from "./connections.ts";
import { countRefused, createCounters } from "./counters.ts";
import type { BrokerFinding } from "./finding.ts";
import { createGate } from "./gate.ts";
import { createInbound } from "./inbound.ts";
import { createIngest, type HubMessage, type Question } from "./ingest.ts";
import { createLedger } from "./ledger.ts";
import { brokerLimits, type BrokerLimits } from "./limits.ts";
import { createLinks } from "./link.ts";
import type { Log } from "./log.ts";
import type { PacketTraces } from "./packetTraces.ts";
import type { CloseCause, Peer } from "./peer.ts";
import { createRareLog } from "./rareLog.ts";
import { createRetainedIndex } from "./retained.ts";
import { createSessions } from "./sessions.ts";
import type { BrokerStats } from "./stats.ts";
import type { BrokerStorage, KeptWill } from "./storage.ts";
import { createTcpListener, type TcpPlace } from "./tcpListener.ts";
import { createTlsListener, type TlsOptions } from "./tlsListener.ts";
import type { Schedule } from "./ticker.ts";
import { createVisibility } from "./visibility.ts";
import { tlsWay, type Way } from "./way.ts";
import { createWebSocketListener } from "./webSocketListener.ts";
import { createWills } from "./wills.ts";

export type { Access, Credentials, Identity, Knock, Refusal } from "./access.ts";
export type { AclRule } from "./acl.ts";
export type { Arrival, Origin, Qos } from "./arrival.ts";
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

/** What the broker needs from the hub. */
export interface BrokerOptions {
  readonly access: Access;
  /** What must survive goes there before it is acknowledged. */
  readonly storage: BrokerStorage;
  /** True when a flow waits for such a message: it is then kept until the flow has consumed it. @default never */
  readonly isAwaited?: (question: Question) => boolean;
  /** So much waits in the flows or for the disk that publishers should be slowed down. @default never */
  readonly isBusy?: () => boolean;
  /** Differs after each start; the names of kept messages begin with it. */
  readonly bootId: string;
  /** Opened by `start`; without it the hub opens TCP later. */
  readonly tcp: TcpPlace | undefined;
  readonly limits?: Partial<BrokerLimits>;
  readonly now: () => number;
  /** ms on a clock that never jumps, for delays. @default performance.now */
  readonly elapsed?: () => number;
  readonly schedule: Schedule;
  /** Of the hub, as `$SYS/broker/version` tells it. @default "" */
  readonly version?: string;
  readonly log: Log;
}

/** The embedded MQTT broker. */
export interface Broker {
  start(): Promise<{ readonly tcpPort: number | undefined }>;
  /** Closes everything; Last Wills are not published. */
  stop(): Promise<void>;
  openTcp(place: TcpPlace): Promise<number>;
  /** Stops accepting; open connections stay. */
  closeTcp(): Promise<void>;
  openTls(place: TcpPlace, options: TlsOptions): Promise<number>;
  /** Serves another certificate to new connections; open ones stay. */
  secureTls(options: TlsOptions): void;
  /** Takes over an upgrade request for `/mqtt`; refuses any other. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Hears every accepted message once, synchronously, before its subscribers; returns its own end. */
  onMessage(listener: (arrival: Arrival) => void): () => void;
  onSession(listener: (change: SessionChange) => void): () => void;
  onRefusal(listener: (knock: Knock) => void): () => void;
  onFinding(listener: (finding: BrokerFinding) => void): () => void;
  /**
   * Sends a message of the hub itself; throws when the topic cannot be published to. Resolves when what must survive
   * of it is on disk.
   */
  publish(message: HubMessage): Promise<void>;
  /** Hands what the broker keeps to the disk, so that whatever the caller writes next comes after it. */
  submit(): void;
  retained(
    filter: string,
  ): readonly { readonly topic: string; readonly payload: Uint8Array; readonly qos: Qos }[];
  clients(): readonly ClientInfo[];
  client(clientId: string): ClientInfo | undefined;
  /** Ends the connection of a client; false when it has none. */
  kick(clientId: string, cause?: CloseCause): boolean;
  /** Gives up what waits for a client; returns how many messages that were, `undefined` without a session. */
  clearQueue(clientId: string): number | undefined;
  /** Traces of packets, for people who look for a fault. */
  readonly traces: Pick<PacketTraces, "start" | "list" | "packets" | "remove">;
  /** The rules or the credentials of a user changed: applies the new ones at once, or cuts the user off. */
  refreshAccess(user: string | undefined): void;
  stats(): BrokerStats;
}

/** How often sessions are looked through for old ones. */
const SWEEP_MS = 60_000;

/** Builds the broker; nothing listens before `start`. */
export function createBroker(options: BrokerOptions): Broker {
  const { access, storage, schedule, now, log } = options;
  const limits = { ...brokerLimits, ...options.limits };
  const counters = createCounters();
  const rareLog = createRareLog(log, now);
  const sessionListeners = createListeners<SessionChange>(log);
  const knockListeners = createListeners<Knock>(log);
  const findingListeners = createListeners<BrokerFinding>(log);
  const ways = new WeakMap<Duplex, Way>();
  /** The socket below TLS: it was counted in before there was a connection. */
  const sockets = new WeakMap<Duplex, Duplex>();
  const bus = createBus({
    shareStrategy: limits.shareStrategy,
    onError(error, topic) {
      counters.routeFailures++;
      log.error({ err: error, topic }, "A message could not be handed to one of its listeners.");
    },
  });
  const ledger = createLedger({ storage, log });
  const retained = createRetainedIndex(limits, ledger);
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
  let lastSeq = 0;
  let lastId = 0;
  const sessions = createSessions({
    bus,
    limits,
    counters,
    ledger,
    nextSeq: () => ++lastSeq,
    onOverflow: (clientId) => connections.of(clientId)?.peer.close("slow"),
    now,
  });
  const ingest = createIngest({
    bus,
    retained,
    ledger,
    counters,
    limits,
    isAwaited: options.isAwaited ?? (() => false),
    isBusy: options.isBusy ?? (() => false),
    nextId: () => `${options.bootId}-m${(++lastId).toString(36)}`,
    now,
    onDenied({ clientId, user }, topic) {
      visibility.denied(clientId, topic);
      rareLog.info(`publish ${clientId}`, { clientId, user, topic }, "A publish was refused.");
    },
  });
  const gate = createGate({ limits, now, schedule });
  const flapping = createBans({
    strikesOf: () => limits.takeoversPerClient,
    banMs: limits.banMs,
    now,
    onBan({ key: clientId, notes, until }) {
      counters.banned.flapping++;
      log.warn(
        { clientId, addresses: notes, until },
        "Two devices seem to share a client id; it is refused.",
      );
      findingListeners.tell({ kind: "flapping", clientId, addresses: notes, until });
    },
  });
  const violators = createBans({
    strikesOf: (address) =>
      isLoopback(address) ? limits.protocolErrorsFromLoopback || Infinity : limits.protocolErrorsPerAddress,
    banMs: limits.banMs,
    now,
    onBan({ key: address, until }) {
      counters.banned["protocol-errors"]++;
      log.warn({ address, until }, "An address that kept violating the protocol is refused.");
      findingListeners.tell({ kind: "protocol-errors", address, until });
    },
  });
  const wills = createWills({ ledger, publish: publishLeftWill });
  const createLink = createLinks(visibility.flushWatch);
  const { socketBufferBytes, drainMs } = limits;
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
    createInbound: (peer, { clientId, ...client }) =>
      createInbound({
        ...client,
        inflow: peer.inflow,
        limits,
        now,
        schedule,
        onThrottled() {
          counters.throttled++;
          rareLog.info(`throttled ${clientId}`, { clientId }, "A client sends too fast and has to wait.");
        },
        onIdle() {
          hooks.refused(peer, "idle");
          peer.close("keepalive");
        },
      }),
    flapping,
    onViolation: (peer, reason) => violators.strike(addressOf(peer), reason),
    addressOf,
    wayOf,
    onAdmitted: ({ connection }) => gate.admit(sockets.get(connection) ?? connection),
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
  let isOpen = false;
  let cancelSweep = () => {};
  let cancelGrace = () => {};

  /** Memory first, then the listeners: what the last run of the hub left is there before anybody can ask. */
  function restore(): void {
    const kept = storage.load();
    lastSeq = kept.lastSeq;
    for (const message of kept.retained) retained.restore(message);
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

  function wayOf({ connection }: Peer): Way {
    const way = ways.get(connection);
    if (way === undefined) throw new Error("A connection was accepted that came no way.");
    return way;
  }

  function addressOf(peer: Peer): string {
    return wayOf(peer).address;
  }

  /** Counts a connection in, or refuses it; `onTurn` comes now, or later when many come at once. */
  function enter(connection: Duplex, address: string, onTurn: () => void): void {
    // One that waits for its turn may end before anybody else listens.
    connection.on("error", () => {});
    const reason = refusal(connection, address, onTurn);
    if (reason === undefined) return;
    countRefused(counters, reason);
    rareLog.warn(`refused ${reason} ${address}`, { address, reason }, "A connection was refused.");
    connection.destroy();
  }

  function refusal(connection: Duplex, address: string, onTurn: () => void): string | undefined {
    if (!isOpen) return "stopped";
    return violators.refuses(address) ? "protocol-errors" : gate.enter(connection, address, onTurn);
  }

  function accept(connection: Duplex, way: Way, request?: IncomingMessage): void {
    ways.set(connection, way);
    visibility.accepted(connection, request?.socket);
    port.accept(connection, request);
  }

  const tcp = createTcpListener((socket) => {
    const address = plainAddress(socket.remoteAddress);
    enter(socket, address, () => accept(socket, { address, listener: "mqtt" }));
  });
  const tls = createTlsListener({
    handshakeMs: limits.connectMs,
    enter: (socket, onTurn) => enter(socket, plainAddress(socket.remoteAddress), onTurn),
    accept(connection, socket) {
      sockets.set(connection, socket);
      accept(connection, tlsWay(connection));
    },
    onFailure(error, { remoteAddress, authorizationError }) {
      countRefused(counters, "tls");
      const address = plainAddress(remoteAddress);
      rareLog.warn(`tls ${address}`, { address, err: error, authorizationError }, "A TLS handshake failed.");
    },
  });
  const webSocket = createWebSocketListener({
    frameBytes: limits.packetBytes + limits.packetBytesBeforeConnack,
    accept(connection, request) {
      const address = plainAddress(request.socket.remoteAddress);
      enter(connection, address, () => accept(connection, { address, listener: "websocket" }, request));
    },
    onRefused(reason, request) {
      countRefused(counters, reason);
      const address = plainAddress(request.socket.remoteAddress);
      rareLog.info(`upgrade ${address}`, { address, reason }, "A WebSocket was refused.");
    },
  });

  return {
    async start() {
      restore();
      await port.start();
      visibility.start();
      isOpen = true;
      sweep();
      cancelGrace = schedule(wills.publishLeft, limits.willGraceMs);
      return { tcpPort: options.tcp === undefined ? undefined : await tcp.open(options.tcp) };
    },
    async stop() {
      isOpen = false;
      cancelSweep();
      cancelGrace();
      visibility.stop();
      await Promise.all([tcp.close(), tls.close()]);
      for (const { peer } of connections.all()) peer.blame("hub-restart");
      // What was published in this turn is handed to the sockets first.
      await setImmediate();
      await port.stop();
      await gate.closeAll();
      await ledger.close();
    },
    openTcp: (place) => tcp.open(place),
    closeTcp: () => tcp.close(),
    openTls: (place, tlsOptions) => tls.open(place, tlsOptions),
    secureTls: (tlsOptions) => tls.secure(tlsOptions),
    handleUpgrade: (request, socket, head) => webSocket.handleUpgrade(request, socket, head),
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

/** Listeners of one event; one that throws disturbs no other. */
function createListeners<T extends object>(log: Log) {
  const listeners = new Set<(event: T) => void>();
  const add = (listener: (event: T) => void): (() => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  const tell = (event: T): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        log.error({ err: error }, "A listener of the broker failed.");
      }
    }
  };
  return { add, tell };
}
