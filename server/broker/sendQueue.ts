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
  return new EntryList(onBytes);
}

/** A class, because every connection has one: closures with getters would take 1.3 kB instead of 80 bytes. */
class EntryList implements SendQueue {
  readonly #onBytes: (change: number) => void;
  #entries: QueueEntry[] = [];
  #start = 0;
  #bytes = 0;
  #qos0 = 0;

  constructor(onBytes: (change: number) => void) {
    this.#onBytes = onBytes;
  }

  get head() {
    return this.#entries[this.#start];
  }

  get length() {
    return this.#entries.length - this.#start;
  }

  get bytes() {
    return this.#bytes;
  }

  entries(): readonly QueueEntry[] {
    return this.#entries.slice(this.#start);
  }

  push(entry: QueueEntry): void {
    this.#entries.push(entry);
    this.#note(entry, 1);
  }

  shift(): QueueEntry | undefined {
    const entry = this.#entries[this.#start];
    if (entry === undefined) return undefined;
    this.#start++;
    if (this.#start === this.#entries.length || this.#start >= COMPACT_AT) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
    this.#note(entry, -1);
    return entry;
  }

  takeWeakest(): QueueEntry | undefined {
    if (this.#qos0 === 0) return this.shift();
    const place = this.#entries.findIndex(({ qos }, index) => index >= this.#start && qos === 0);
    const [entry] = this.#entries.splice(place, 1);
    if (entry !== undefined) this.#note(entry, -1);
    return entry;
  }

  dropQos0(): number {
    return this.#qos0 === 0 ? 0 : this.takeOut(({ qos }) => qos === 0);
  }

  takeOut(isGone: (entry: QueueEntry) => boolean): number {
    const before = this.entries();
    const gone = before.filter(isGone);
    this.#entries = before.filter((entry) => !isGone(entry));
    this.#start = 0;
    for (const entry of gone) this.#note(entry, -1);
    return gone.length;
  }

  clear(): readonly QueueEntry[] {
    const gone = this.entries();
    this.#entries = [];
    this.#start = 0;
    for (const entry of gone) this.#note(entry, -1);
    return gone;
  }

  #note(entry: QueueEntry, sign: 1 | -1): void {
    const change = sign * entry.frame.bytes.length;
    this.#bytes += change;
    if (entry.qos === 0) this.#qos0 += sign;
    this.#onBytes(change);
  }
}
