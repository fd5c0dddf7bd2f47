import type { Duplex } from "node:stream";
import { createPacketWalk, type PacketWalk } from "./packetWalk.ts";
import type { Wiretap } from "./peer.ts";

/** Packets and bytes of one direction, by type number of the packet [table 2.1]. */
export interface TrafficTally {
  readonly packets: number[];
  readonly bytes: number[];
}

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

/** One connection. */
export interface ConnectionTraffic extends Wiretap {
  /** Messages a second that the client published and got. */
  rates(now: number): MessageRates;
  /** Forgets what is older than a minute; called every few seconds. */
  turn(now: number): void;
  listeners: readonly WireListener[];
}

/** All connections. */
export interface Traffic {
  readonly counts: TrafficCounts;
  watch(connection: Duplex): Wiretap;
  of(connection: Duplex): ConnectionTraffic | undefined;
}

interface Mark {
  readonly at: number;
  readonly received: number;
  readonly sent: number;
}

const PUBLISH = 3;
const TYPE_COUNT = 16;
/** Rates look back over one to two of these. */
const MARK_MS = 30_000;
/** A connection younger than this has no rate worth telling more precisely. */
const SPAN_MIN_MS = 1_000;

/** Counts packets by type where the bytes pass, so that the acknowledgements aedes writes are counted too. */
export function createTraffic(now: () => number): Traffic {
  const counts: TrafficCounts = { received: createTally(), sent: createTally() };
  const connections = new WeakMap<Duplex, ConnectionTraffic>();
  return {
    counts,
    watch(connection) {
      const traffic = createConnectionTraffic(counts, now());
      connections.set(connection, traffic);
      return traffic;
    },
    of: (connection) => connections.get(connection),
  };
}

function createConnectionTraffic(counts: TrafficCounts, startedAt: number): ConnectionTraffic {
  let received = 0;
  let sent = 0;
  let older: Mark = { at: startedAt, received, sent };
  let newer = older;
  const inbound = createPacketWalk((first, bytes) => {
    if (count(counts.received, first, bytes) === PUBLISH) received++;
  });
  const outbound = createPacketWalk((first, bytes) => {
    if (count(counts.sent, first, bytes) === PUBLISH) sent++;
  });

  function tell(direction: Direction, chunk: Uint8Array, { bytesToBoundary }: PacketWalk): void {
    for (const listener of traffic.listeners) {
      const skipped = listener.begun[direction] ? 0 : bytesToBoundary();
      if (skipped === undefined || skipped >= chunk.length) continue;
      listener.begun[direction] = true;
      listener.heard(direction, skipped === 0 ? chunk : chunk.subarray(skipped));
    }
  }

  const traffic: ConnectionTraffic = {
    listeners: [],
    received(chunk) {
      if (traffic.listeners.length > 0) tell("in", chunk, inbound);
      inbound.walk(chunk);
    },
    sent(chunk) {
      if (traffic.listeners.length > 0) tell("out", chunk, outbound);
      outbound.walk(chunk);
    },
    rates(now) {
      const spanS = Math.max(SPAN_MIN_MS, now - older.at) / 1_000;
      return { receivedPerS: (received - older.received) / spanS, sentPerS: (sent - older.sent) / spanS };
    },
    turn(now) {
      if (now - newer.at < MARK_MS) return;
      older = newer;
      newer = { at: now, received, sent };
    },
  };
  return traffic;
}

function createTally(): TrafficTally {
  return {
    packets: Array.from({ length: TYPE_COUNT }, () => 0),
    bytes: Array.from({ length: TYPE_COUNT }, () => 0),
  };
}

function count({ packets, bytes }: TrafficTally, firstByte: number, size: number): number {
  const type = firstByte >>> 4;
  packets[type] = (packets[type] ?? 0) + 1;
  bytes[type] = (bytes[type] ?? 0) + size;
  return type;
}
