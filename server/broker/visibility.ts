import type { Duplex } from "node:stream";
import type { Arrival } from "./arrival.ts";
import type { Bus } from "./bus.ts";
import { createClientNotes } from "./clientNotes.ts";
import { describeClient, type ClientInfo } from "./clients.ts";
import type { Connections } from "./connections.ts";
import type { Counters } from "./counters.ts";
import type { Gate } from "./gate.ts";
import { createHistogram, delayBoundsS } from "./histogram.ts";
import type { BrokerLimits } from "./limits.ts";
import type { FlushWatch } from "./link.ts";
import { observedHooks } from "./observedHooks.ts";
import { createPacketTraces, type PacketTraces } from "./packetTraces.ts";
import type { PeerHooks, Wiretap } from "./peer.ts";
import type { RetainedIndex } from "./retained.ts";
import type { Ledger } from "./ledger.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { sumSessions, type BrokerStats } from "./stats.ts";
import { createSysTopics, sysPrefix } from "./sysTopics.ts";
import { createTicker, type Schedule } from "./ticker.ts";
import { createTraffic } from "./traffic.ts";
import type { Wills } from "./wills.ts";

/** What is looked at; `tables` is asked only once the broker runs. */
export interface VisibilityOptions {
  readonly version: string;
  readonly bus: Bus;
  readonly counters: Counters;
  readonly limits: BrokerLimits;
  readonly retained: RetainedIndex;
  readonly ledger: Ledger;
  readonly now: () => number;
  /** ms on a clock that never jumps. */
  readonly elapsed: () => number;
  readonly schedule: Schedule;
  readonly tables: () => {
    readonly sessions: Sessions;
    readonly connections: Connections;
    readonly gate: Gate;
    readonly wills: Wills;
  };
}

/** Everything by which people see what the broker does, beside the message path. */
export interface Visibility {
  readonly traces: PacketTraces;
  /** Retained messages and the broker's own values as one. */
  readonly retained: Pick<RetainedIndex, "get" | "walk">;
  readonly flushWatch: FlushWatch;
  start(): void;
  stop(): void;
  watch(connection: Duplex): Wiretap;
  observed(hooks: PeerHooks): PeerHooks;
  /** The same listener; now and then it is measured how long it takes. */
  timed(listener: (arrival: Arrival) => void): (arrival: Arrival) => void;
  accepted(connection: Duplex, underneath: Duplex | undefined): void;
  wentUp(): void;
  denied(clientId: string, topic: string): void;
  stats(): BrokerStats;
  clients(): readonly ClientInfo[];
  client(clientId: string): ClientInfo | undefined;
}

/** As often as Mosquitto tells by default. */
const TICK_MS = 10_000;
/** One message of so many is measured: a power of two. */
const SAMPLE = 64;

/** Creates what watches the broker; nothing ticks before `start`. */
export function createVisibility(options: VisibilityOptions): Visibility {
  const { bus, counters, limits, retained, ledger, now, elapsed, tables } = options;
  const notes = createClientNotes();
  const traffic = createTraffic(now);
  const underneath = new WeakMap<Duplex, Duplex>();
  const queuedSince = new WeakMap<Session, number>();
  const writeDelay = createHistogram(delayBoundsS);
  const tapTime = createHistogram(delayBoundsS);
  const traces = createPacketTraces({
    traffic,
    now,
    schedule: options.schedule,
    open: () =>
      tables()
        .connections.all()
        .map(({ peer, clientId }) => ({ connection: peer.connection, clientId })),
  });
  let sessionsOnlineMaximum = 0;
  const sys = createSysTopics({ version: options.version, stats, now, tell: bus.tell });
  const ticker = createTicker(options.schedule, TICK_MS, () => {
    lookAtQueues();
    for (const { peer } of tables().connections.all()) traffic.turn(peer.connection);
    sys.update();
  });

  function lookAtQueues(): void {
    for (const session of tables().sessions.all()) {
      if (session.delivery.status().queued === 0) queuedSince.delete(session);
      else if (!queuedSince.has(session)) queuedSince.set(session, now());
    }
  }

  function stats(): BrokerStats {
    const { sessions, connections, gate, wills } = tables();
    const { count: sessionsOnline } = connections;
    return {
      ...structuredClone(counters),
      ...sumSessions(sessions.all(), limits.sendWindow),
      routed: bus.routed,
      connections: gate.count,
      connectionsWaiting: gate.waiting,
      sessionsOnline,
      sessionsOnlineMaximum,
      sessionsOffline: sessions.count - sessionsOnline,
      subscriptions: bus.count + bus.shares.count,
      sharedSubscriptions: bus.shares.count,
      retainedCount: retained.count,
      retainedBytes: retained.bytes,
      willsLeft: wills.leftCount,
      ledger: ledger.figures,
      traffic: structuredClone(traffic.counts),
      writeDelay: writeDelay.read(),
      tapTime: tapTime.read(),
    };
  }

  function describe(session: Session): ClientInfo {
    const { queued } = session.delivery.status();
    return describeClient({
      session,
      connection: tables().connections.of(session.clientId),
      note: notes.of(session.clientId),
      queuedSince: queued === 0 ? undefined : (queuedSince.get(session) ?? now()),
      sendWindow: limits.sendWindow,
      rates: ({ peer }) => traffic.rates(peer.connection),
      underneath: (connection) => underneath.get(connection),
    });
  }

  return {
    traces,
    retained: {
      get: (topic) => (topic.startsWith(sysPrefix) ? sys.retained : retained).get(topic),
      walk: (filter) => (filter.startsWith(sysPrefix) ? sys.retained : retained).walk(filter),
    },
    flushWatch: {
      now: elapsed,
      flushed: (firstAt, frames) => writeDelay.observe((elapsed() - firstAt) / 1_000, frames),
    },
    start() {
      sys.start();
      sys.update();
      ticker.start();
    },
    stop() {
      ticker.stop();
      traces.stopAll();
    },
    watch: traffic.watch,
    observed: (hooks) =>
      observedHooks(hooks, {
        notes,
        counters,
        now,
        onOpen: ({ connection }, clientId) => traces.opened(connection, clientId),
      }),
    timed(listener) {
      let seen = 0;
      return (arrival) => {
        seen = (seen + 1) % SAMPLE;
        if (seen !== 1) return listener(arrival);
        const startedAt = elapsed();
        listener(arrival);
        tapTime.observe((elapsed() - startedAt) / 1_000);
      };
    },
    accepted(connection, socket) {
      counters.sockets++;
      if (socket !== undefined) underneath.set(connection, socket);
    },
    wentUp() {
      sessionsOnlineMaximum = Math.max(sessionsOnlineMaximum, tables().connections.count);
    },
    denied: (clientId, topic) =>
      notes.troubled(clientId, { at: now(), what: "publish-denied", detail: topic }),
    stats,
    clients: () => Array.from(tables().sessions.all(), describe),
    client(clientId) {
      const session = tables().sessions.get(clientId);
      return session && describe(session);
    },
  };
}
