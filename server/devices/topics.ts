import { matchesFilter } from "#flows/topics/topicFilter.ts";
import { createRing, type Ring } from "./ring.ts";
import { describePayload } from "./topicPayload.ts";

/** A message as the topic list takes it; the payload need only live during the call. */
export interface NotedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly seenAt: number;
  readonly clientId: string | undefined;
  readonly user: string | undefined;
}

export interface TopicSummary {
  readonly topic: string;
  readonly lastAt: number;
  readonly count: number;
  readonly perMinute: number;
  /** The last message was kept for later subscribers. */
  readonly retained: boolean;
  /** Client id of the last publisher; empty for the hub itself. */
  readonly publisher: string;
  /** `json`, `number`, `text`, `boolean`, `binary` or `empty`. */
  readonly type: string;
  readonly preview: string;
}

export interface TopicMessage {
  readonly topic: string;
  readonly at: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly size: number;
  /** The decoded value where it is small; otherwise its beginning as text. */
  readonly payload: unknown;
}

export interface TopicsParts {
  readonly now: () => number;
  readonly limits?: Partial<TopicsLimits>;
}

export interface TopicsLimits {
  readonly topics: number;
  readonly messagesPerTopic: number;
  /** Kept of one payload. */
  readonly payloadBytes: number;
  /** Of all messages together. */
  readonly totalBytes: number;
}

/** Every topic that was spoken on, and the last messages of each. */
export interface Topics {
  /** Called for each message: it must cost next to nothing, so nothing is decoded here. */
  note: (message: NotedMessage) => void;
  /** By name; pass `next` as `cursor` for the page after it. */
  list: (request?: { readonly prefix?: string; readonly cursor?: string; readonly limit?: number }) => {
    readonly items: readonly TopicSummary[];
    readonly next?: string;
  };
  /** Newest first. */
  messages: (filter: string, limit?: number) => readonly TopicMessage[];
  count: () => number;
}

const topicsLimits: TopicsLimits = {
  topics: 20_000,
  messagesPerTopic: 20,
  payloadBytes: 4_096,
  totalBytes: 16 * 1024 * 1024,
};

const PAGE_ITEMS = 100;
const PAGE_ITEMS_MAX = 1_000;
const MINUTE_MS = 60_000;
const NOTHING = { type: "", preview: "" } as const;
/** What one kept message costs beside its payload. */
const MESSAGE_OVERHEAD_BYTES = 96;

interface Kept {
  readonly at: number;
  readonly order: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly size: number;
  /** The bytes as Latin-1: a slice of the network buffer would keep all of that buffer alive. */
  readonly bytes: string;
}

interface Entry {
  readonly topic: string;
  readonly ring: Ring<Kept>;
  count: number;
  lastAt: number;
  publisher: string;
  minute: number;
  inMinute: number;
  beforeMinute: number;
  /** Spoken on since eviction last looked at it. */
  touched: boolean;
}

/** Makes the list of topics; the oldest unused ones and the oldest messages go first when it is full. */
export function createTopics(parts: TopicsParts): Topics {
  const limits = { ...topicsLimits, ...parts.limits };
  const entries = new Map<string, Entry>();
  let bytes = 0;
  let order = 0;
  let sorted: readonly string[] | undefined;

  function note(message: NotedMessage): void {
    const { topic, payload, seenAt } = message;
    const entry = entries.get(topic) ?? added(topic);
    const kept: Kept = {
      at: seenAt,
      order: (order += 1),
      qos: message.qos,
      retain: message.retain,
      size: payload.length,
      bytes: latin1(payload, limits.payloadBytes),
    };
    bytes += costOf(kept) - costOf(entry.ring.push(kept));
    entry.count += 1;
    entry.lastAt = seenAt;
    entry.publisher = message.clientId ?? "";
    entry.touched = true;
    countMinute(entry, seenAt);
    if (bytes > limits.totalBytes) trim();
  }

  function added(topic: string): Entry {
    if (entries.size >= limits.topics) evict();
    const entry: Entry = {
      topic,
      ring: createRing(limits.messagesPerTopic),
      count: 0,
      lastAt: 0,
      publisher: "",
      minute: 0,
      inMinute: 0,
      beforeMinute: 0,
      touched: true,
    };
    entries.set(topic, entry);
    sorted = undefined;
    return entry;
  }

  /** Second chance: one that was spoken on since the last look goes to the end instead. */
  function evict(): void {
    for (const [topic, entry] of entries) {
      entries.delete(topic);
      if (entry.touched) {
        entry.touched = false;
        entries.set(topic, entry);
        continue;
      }
      for (const kept of entry.ring.clear(0)) bytes -= costOf(kept);
      sorted = undefined;
      return;
    }
  }

  /** Older messages of each topic go before the last one of any. */
  function trim(): void {
    const target = limits.totalBytes * 0.9;
    for (const keep of [1, 0])
      for (const entry of entries.values()) {
        if (bytes <= target) return;
        for (const kept of entry.ring.clear(keep)) bytes -= costOf(kept);
      }
  }

  function summary(entry: Entry): TopicSummary {
    const last = entry.ring.last();
    const { type, preview } = last === undefined ? NOTHING : describePayload(last);
    return {
      topic: entry.topic,
      lastAt: entry.lastAt,
      count: entry.count,
      perMinute: ratePerMinute(entry, parts.now()),
      retained: last !== undefined && last.retain && last.size > 0,
      publisher: entry.publisher,
      type,
      preview,
    };
  }

  return {
    note,
    list({ prefix = "", cursor, limit = PAGE_ITEMS } = {}) {
      sorted ??= [...entries.keys()].toSorted();
      const names = sorted.filter(
        (topic) => topic.startsWith(prefix) && (cursor === undefined || topic > cursor),
      );
      const page = names.slice(0, Math.min(Math.max(1, limit), PAGE_ITEMS_MAX));
      const next = names.length > page.length ? page.at(-1) : undefined;
      const items = page.flatMap((topic) => {
        const entry = entries.get(topic);
        return entry === undefined ? [] : [summary(entry)];
      });
      return next === undefined ? { items } : { items, next };
    },
    messages(filter, limit = PAGE_ITEMS) {
      const found: { topic: string; kept: Kept }[] = [];
      for (const { topic, ring } of entries.values())
        if (matchesFilter(filter, topic)) for (const kept of ring.all()) found.push({ topic, kept });
      const newest = found.toSorted((one, other) => other.kept.order - one.kept.order);
      return newest.slice(0, Math.min(Math.max(1, limit), PAGE_ITEMS_MAX)).map(({ topic, kept }) => ({
        topic,
        at: kept.at,
        qos: kept.qos,
        retain: kept.retain,
        size: kept.size,
        payload: describePayload(kept).value,
      }));
    },
    count: () => entries.size,
  };
}

function latin1(payload: Uint8Array, lengthMax: number): string {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return bytes.toString("latin1", 0, Math.min(bytes.length, lengthMax));
}

function costOf(kept: Kept | undefined): number {
  return kept === undefined ? 0 : kept.bytes.length + MESSAGE_OVERHEAD_BYTES;
}

function countMinute(entry: Entry, at: number): void {
  const minute = Math.floor(at / MINUTE_MS);
  if (minute !== entry.minute) {
    entry.beforeMinute = minute === entry.minute + 1 ? entry.inMinute : 0;
    entry.minute = minute;
    entry.inMinute = 0;
  }
  entry.inMinute += 1;
}

/** The last 60 seconds, the part of them in the minute before taken in proportion. */
function ratePerMinute(entry: Entry, nowMs: number): number {
  const minute = Math.floor(nowMs / MINUTE_MS);
  if (minute > entry.minute + 1) return 0;
  const [current, previous] =
    minute === entry.minute ? [entry.inMinute, entry.beforeMinute] : [0, entry.inMinute];
  const passed = (nowMs % MINUTE_MS) / MINUTE_MS;
  return Math.round((current + previous * (1 - passed)) * 10) / 10;
}
