import type { Qos } from "./arrival.ts";
import type { PublishFrame } from "./encode.ts";

/** A message on its way to one client. */
export interface QueueEntry {
  readonly topic: string;
  readonly qos: Qos;
  readonly frame: PublishFrame;
  /** 0 for QoS 0. */
  readonly packetId: number;
  /** Its row on disk; 0 when it is not kept. */
  readonly seq: number;
  /** The page of the ledger it stands on; it leaves when that is on disk. */
  readonly page: number;
  /** The shared subscription it came through, and who published it. */
  readonly share: string | undefined;
  readonly publisher: string | undefined;
  /** Set when its row on disk is another session's, which hears when that is gone. */
  readonly free: (() => void) | undefined;
  /** QoS 2: the client has it and is owed a PUBREL. */
  isReceived: boolean;
}

/** Messages that wait for one client, in order. */
export interface SendQueue {
  readonly head: QueueEntry | undefined;
  readonly length: number;
  readonly bytes: number;
  entries(): readonly QueueEntry[];
  push(entry: QueueEntry): void;
  shift(): QueueEntry | undefined;
  /** Takes out what is given up first: the oldest QoS 0, since it promised least, else the oldest. */
  takeWeakest(): QueueEntry | undefined;
  /** Keeps only what was promised; returns how many QoS 0 messages went. */
  dropQos0(): number;
  /** Takes out what another session will send; returns how many that were. */
  takeOut(isGone: (entry: QueueEntry) => boolean): number;
  clear(): readonly QueueEntry[];
}

/** From so many taken entries on, their places are given back. */
const COMPACT_AT = 64;

/** Creates an empty queue; `onBytes` hears each change of its size. */
export function createSendQueue(onBytes: (change: number) => void): SendQueue {
  let entries: QueueEntry[] = [];
  let start = 0;
  let bytes = 0;
  let qos0 = 0;

  function note(entry: QueueEntry, sign: 1 | -1): void {
    const change = sign * entry.frame.bytes.length;
    bytes += change;
    if (entry.qos === 0) qos0 += sign;
    onBytes(change);
  }

  function shift(): QueueEntry | undefined {
    const entry = entries[start];
    if (entry === undefined) return undefined;
    start++;
    if (start === entries.length || start >= COMPACT_AT) {
      entries = entries.slice(start);
      start = 0;
    }
    note(entry, -1);
    return entry;
  }

  function takeOut(isGone: (entry: QueueEntry) => boolean): number {
    const before = entries.slice(start);
    const gone = before.filter(isGone);
    entries = before.filter((entry) => !isGone(entry));
    start = 0;
    for (const entry of gone) note(entry, -1);
    return gone.length;
  }

  return {
    get head() {
      return entries[start];
    },
    get length() {
      return entries.length - start;
    },
    get bytes() {
      return bytes;
    },
    entries: () => entries.slice(start),
    push(entry) {
      entries.push(entry);
      note(entry, 1);
    },
    shift,
    takeWeakest() {
      if (qos0 === 0) return shift();
      const place = entries.findIndex(({ qos }, index) => index >= start && qos === 0);
      const [entry] = entries.splice(place, 1);
      if (entry !== undefined) note(entry, -1);
      return entry;
    },
    dropQos0: () => (qos0 === 0 ? 0 : takeOut(({ qos }) => qos === 0)),
    takeOut,
    clear() {
      const gone = entries.slice(start);
      entries = [];
      start = 0;
      for (const entry of gone) note(entry, -1);
      return gone;
    },
  };
}
