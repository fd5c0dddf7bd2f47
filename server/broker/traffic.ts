import type { Duplex } from "node:stream";
import {
  bytesToBoundary,
  createPacketWalk,
  walkPackets,
  type PacketWalk,
  type TrafficTally,
} from "./packetWalk.ts";
import type { Wiretap } from "./peer.ts";

/** What went over the wires since the start. */
export interface TrafficCounts {
  readonly received: TrafficTally;
  readonly sent: TrafficTally;
}

/** Messages a second, over the last half to whole minute. */
export interface MessageRates {
  readonly receivedPerS: number;
  readonly sentPerS: number;
}

/** Sees the bytes of one connection while a trace runs. */
export interface WireListener {
  /** The first call of each direction begins with a packet. */
  heard(direction: Direction, chunk: Uint8Array): void;
  /** Directions in which a packet has begun since it listens. */
  readonly begun: Record<Direction, boolean>;
}

export type Direction = "in" | "out";

/** All connections. */
export interface Traffic {
  readonly counts: TrafficCounts;
  watch(connection: Duplex): Wiretap;
  /** Messages a second that the client published and got. */
  rates(connection: Duplex): MessageRates;
  /** Forgets what is older than a minute; called every few seconds. */
  turn(connection: Duplex): void;
  /** Returns its own end. */
  listen(connection: Duplex, listener: WireListener): () => void;
}

interface Wire {
  readonly inbound: PacketWalk;
  readonly outbound: PacketWalk;
  older: Mark;
  newer: Mark;
  listeners: readonly WireListener[];
}

interface Mark {
  readonly at: number;
  readonly received: number;
  readonly sent: number;
}

const TYPE_COUNT = 16;
/** Rates look back over one to two of these. */
const MARK_MS = 30_000;
/** A connection younger than this has no rate worth telling more precisely. */
const SPAN_MIN_MS = 1_000;
const NOBODY: readonly WireListener[] = [];

/** Counts packets by type where the bytes pass, so that the acknowledgements aedes writes are counted too. */
export function createTraffic(now: () => number): Traffic {
  const counts: TrafficCounts = { received: createTally(), sent: createTally() };
  const wires = new WeakMap<Duplex, Wire>();
  return {
    counts,
    watch(connection) {
      const wire = createWire(now());
      wires.set(connection, wire);
      return {
        received(chunk) {
          if (wire.listeners !== NOBODY) tell(wire, "in", chunk);
          walkPackets(wire.inbound, chunk, counts.received);
        },
        sent(chunk) {
          if (wire.listeners !== NOBODY) tell(wire, "out", chunk);
          walkPackets(wire.outbound, chunk, counts.sent);
        },
      };
    },
    rates(connection) {
      const wire = wires.get(connection);
      return wire === undefined ? { receivedPerS: 0, sentPerS: 0 } : ratesOf(wire, now());
    },
    turn(connection) {
      const wire = wires.get(connection);
      if (wire === undefined || now() - wire.newer.at < MARK_MS) return;
      wire.older = wire.newer;
      wire.newer = markOf(wire, now());
    },
    listen(connection, listener) {
      const wire = wires.get(connection);
      if (wire === undefined) return () => {};
      wire.listeners = [...wire.listeners, listener];
      return () => {
        const left = wire.listeners.filter((other) => other !== listener);
        wire.listeners = left.length === 0 ? NOBODY : left;
      };
    },
  };
}

function createWire(startedAt: number): Wire {
  const mark = { at: startedAt, received: 0, sent: 0 };
  return {
    inbound: createPacketWalk(),
    outbound: createPacketWalk(),
    older: mark,
    newer: mark,
    listeners: NOBODY,
  };
}

function tell({ listeners, inbound, outbound }: Wire, direction: Direction, chunk: Uint8Array): void {
  for (const listener of listeners) {
    const walk = direction === "in" ? inbound : outbound;
    const skipped = listener.begun[direction] ? 0 : bytesToBoundary(walk);
    if (skipped === undefined || skipped >= chunk.length) continue;
    listener.begun[direction] = true;
    listener.heard(direction, skipped === 0 ? chunk : chunk.subarray(skipped));
  }
}

function markOf({ inbound, outbound }: Wire, at: number): Mark {
  return { at, received: inbound.publishes, sent: outbound.publishes };
}

function ratesOf(wire: Wire, at: number): MessageRates {
  const { older } = wire;
  const present = markOf(wire, at);
  const spanS = Math.max(SPAN_MIN_MS, at - older.at) / 1_000;
  return {
    receivedPerS: (present.received - older.received) / spanS,
    sentPerS: (present.sent - older.sent) / spanS,
  };
}

function createTally(): TrafficTally {
  return {
    packets: Array.from({ length: TYPE_COUNT }, () => 0),
    bytes: Array.from({ length: TYPE_COUNT }, () => 0),
  };
}
