import type { Duplex } from "node:stream";
import { parser, type Packet } from "mqtt-packet";
import { matchesFilter } from "#flows/topics/topicFilter.ts";
import { detailsOf, type TracedPacket } from "./packetRecord.ts";
import type { Schedule } from "./ticker.ts";
import type { Direction, Traffic, WireListener } from "./traffic.ts";

/** What to trace, and for how long: the packets of one client, or the messages of a topic filter. */
export interface TraceRequest {
  readonly clientId?: string;
  readonly filter?: string;
  readonly durationMs: number;
}

/** A trace that runs or has ended; its packets stay until it is removed. */
export interface TraceInfo {
  readonly id: string;
  readonly clientId: string | undefined;
  readonly filter: string | undefined;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly isRunning: boolean;
  /** Packets seen; only the last 10,000 are kept. */
  readonly seen: number;
}

/** All traces. */
export interface PacketTraces {
  /** `undefined` when as many run as may. */
  start(request: TraceRequest): TraceInfo | undefined;
  list(): readonly TraceInfo[];
  /** Oldest first. */
  packets(id: string): readonly TracedPacket[] | undefined;
  /** Ends and forgets it; false when there is none. */
  remove(id: string): boolean;
  /** A connection was opened. */
  opened(connection: Duplex, clientId: string): void;
  stopAll(): void;
}

/** Parts of the traces. */
export interface PacketTracesOptions {
  readonly traffic: Traffic;
  readonly now: () => number;
  readonly schedule: Schedule;
  /** Connections that are open now. */
  readonly open: () => Iterable<{ readonly connection: Duplex; readonly clientId: string }>;
}

/** The longest a trace may run. */
export const traceMsMax = 30 * 60_000;
/** Packets one trace keeps. */
export const tracePacketsMax = 10_000;
/** Traces at a time, running or kept. */
export const tracesMax = 3;

interface Trace {
  readonly id: string;
  readonly request: TraceRequest;
  readonly startedAt: number;
  readonly ring: TracedPacket[];
  /** Ends of listening, by connection. */
  readonly listening: Map<Duplex, () => void>;
  seen: number;
  isRunning: boolean;
  cancel: () => void;
}

/**
 * While no trace runs, nothing is parsed a second time and nothing is kept. A connection is heard from its CONNACK on:
 * before, nobody knows whose it is.
 */
export function createPacketTraces(options: PacketTracesOptions): PacketTraces {
  const { traffic, now, schedule } = options;
  const traces = new Map<string, Trace>();
  let lastId = 0;

  function record(trace: Trace, packet: Omit<TracedPacket, "seq">): void {
    trace.ring[trace.seen % tracePacketsMax] = { seq: trace.seen, ...packet };
    trace.seen++;
  }

  function listen(trace: Trace, connection: Duplex, clientId: string): void {
    const { filter } = trace.request;
    const listener = createListener((direction, packet) => {
      if (filter !== undefined && !(packet.cmd === "publish" && matchesFilter(filter, packet.topic))) return;
      const bytes = sizeOf(packet);
      record(trace, { at: now(), clientId, direction, type: packet.cmd, bytes, ...detailsOf(packet) });
    });
    trace.listening.set(connection, traffic.listen(connection, listener));
    connection.once("close", () => trace.listening.delete(connection));
  }

  function end(trace: Trace): void {
    trace.isRunning = false;
    trace.cancel();
    for (const stopListening of trace.listening.values()) stopListening();
    trace.listening.clear();
  }

  function remove(id: string): boolean {
    const trace = traces.get(id);
    if (trace === undefined) return false;
    end(trace);
    return traces.delete(id);
  }

  return {
    start(request) {
      const ended = [...traces.values()].find(({ isRunning }) => !isRunning);
      if (traces.size >= tracesMax && ended === undefined) return undefined;
      if (traces.size >= tracesMax && ended !== undefined) remove(ended.id);
      const durationMs = Math.min(request.durationMs, traceMsMax);
      const trace: Trace = {
        id: String(++lastId),
        request: { ...request, durationMs },
        startedAt: now(),
        ring: [],
        listening: new Map(),
        seen: 0,
        isRunning: true,
        cancel: schedule(() => end(trace), durationMs),
      };
      traces.set(trace.id, trace);
      for (const { connection, clientId } of options.open())
        if (request.clientId === undefined || request.clientId === clientId)
          listen(trace, connection, clientId);
      return infoOf(trace);
    },
    list: () => Array.from(traces.values(), infoOf),
    packets(id) {
      const trace = traces.get(id);
      if (trace === undefined) return undefined;
      const first = trace.seen > tracePacketsMax ? trace.seen % tracePacketsMax : 0;
      return [...trace.ring.slice(first), ...trace.ring.slice(0, first)];
    },
    remove,
    opened(connection, clientId) {
      for (const trace of traces.values()) {
        const isWanted = trace.request.clientId === undefined || trace.request.clientId === clientId;
        if (trace.isRunning && isWanted) listen(trace, connection, clientId);
      }
    },
    stopAll() {
      for (const trace of traces.values()) end(trace);
    },
  };
}

function infoOf({ id, request, startedAt, isRunning, seen }: Trace): TraceInfo {
  const { clientId, filter, durationMs } = request;
  return { id, clientId, filter, startedAt, endsAt: startedAt + durationMs, isRunning, seen };
}

function createListener(onPacket: (direction: Direction, packet: Packet) => void): WireListener {
  const parsers = { in: createParser("in"), out: createParser("out") };

  function createParser(direction: Direction) {
    const created = parser({ protocolVersion: 4 });
    created.on("packet", (packet: Packet) => onPacket(direction, packet));
    // What cannot be parsed ends the connection elsewhere.
    created.on("error", () => {});
    return created;
  }

  return {
    begun: { in: false, out: false },
    heard: (direction, chunk) => void parsers[direction].parse(Buffer.from(chunk)),
  };
}

/** The whole packet, with its fixed header. */
function sizeOf({ length = 0 }: Packet): number {
  const lengthBytes = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
  return 1 + lengthBytes + length;
}
