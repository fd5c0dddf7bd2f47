import type { Ledger } from "./ledger.ts";
import { ownBytes } from "./ownBytes.ts";
import type { KeptRetained } from "./storage.ts";

/** The last message a topic keeps. */
export type RetainedMessage = KeptRetained;

/** Retained messages, found by topic or by filter without looking at the others. */
export interface RetainedIndex {
  /** Keeps, replaces or (with an empty payload) forgets; false when a new one would break a bound. */
  store(message: RetainedMessage): boolean;
  get(topic: string): RetainedMessage | undefined;
  match(filter: string): readonly RetainedMessage[];
  /** The matches one by one; topics that come or go meanwhile may or may not be among them. */
  walk(filter: string): Generator<RetainedMessage, undefined>;
  /** Takes up a message as it was kept. */
  restore(message: RetainedMessage): void;
  readonly count: number;
  readonly bytes: number;
}

/** Most topics and payload bytes kept. */
export interface RetainedBounds {
  readonly retainedTopics: number;
  readonly retainedBytes: number;
  readonly retainedTopicsPerUser: number;
}

interface Level {
  readonly below: Map<string, Level>;
  message: RetainedMessage | undefined;
}

/** An exact filter is one look-up; a wildcard walks only the branches it names. */
export function createRetainedIndex(bounds: RetainedBounds, ledger: Pick<Ledger, "note">): RetainedIndex {
  const exact = new Map<string, RetainedMessage>();
  const root: Level = { below: new Map(), message: undefined };
  const topicsOfUser = new Map<string, number>();
  let bytes = 0;

  function count({ user }: RetainedMessage, change: 1 | -1): void {
    if (user === undefined) return;
    const topics = (topicsOfUser.get(user) ?? 0) + change;
    if (topics > 0) topicsOfUser.set(user, topics);
    else topicsOfUser.delete(user);
  }

  function put(message: RetainedMessage): void {
    const { topic } = message;
    const before = exact.get(topic);
    if (before !== undefined) count(before, -1);
    count(message, 1);
    bytes += sizeOf(message) - (before === undefined ? 0 : sizeOf(before));
    exact.set(topic, message);
    levelOf(root, topic).message = message;
  }

  function remove(topic: string): void {
    const message = exact.get(topic);
    if (message === undefined) return;
    exact.delete(topic);
    count(message, -1);
    bytes -= sizeOf(message);
    forget(root, topic.split("/"), 0);
    ledger.note({ do: "unretain", topic });
  }

  function hasRoomFor(message: RetainedMessage): boolean {
    const { user = "" } = message;
    const before = exact.get(message.topic);
    const more = sizeOf(message) - (before === undefined ? 0 : sizeOf(before));
    if (more > 0 && bytes + more > bounds.retainedBytes) return false;
    if (before !== undefined) return true;
    return exact.size < bounds.retainedTopics && (topicsOfUser.get(user) ?? 0) < bounds.retainedTopicsPerUser;
  }

  return {
    store({ topic, payload, qos, user, seenAt }) {
      if (payload.length === 0) {
        remove(topic); // [MQTT-3.3.1-10]
        return true;
      }
      const message = { topic, payload: ownBytes(payload), qos, user, seenAt };
      if (!hasRoomFor(message)) return false;
      put(message);
      ledger.note({ do: "retain", ...message });
      return true;
    },
    restore: put,
    get: (topic) => exact.get(topic),
    match: (filter) => [...walk(filter)],
    walk,
    get count() {
      return exact.size;
    },
    get bytes() {
      return bytes;
    },
  };

  function* walk(filter: string): Generator<RetainedMessage, undefined> {
    if (/[+#]/.test(filter)) return yield* collect(root, filter.split("/"), 0);
    const message = exact.get(filter);
    if (message !== undefined) yield message;
  }
}

function sizeOf({ topic, payload }: RetainedMessage): number {
  return topic.length + payload.length;
}

function levelOf(root: Level, topic: string): Level {
  let level = root;
  for (const part of topic.split("/")) {
    let next = level.below.get(part);
    if (next === undefined) level.below.set(part, (next = { below: new Map(), message: undefined }));
    level = next;
  }
  return level;
}

function forget(level: Level, parts: readonly string[], depth: number): void {
  const part = parts[depth];
  if (part === undefined) {
    level.message = undefined;
    return;
  }
  const next = level.below.get(part);
  if (next === undefined) return;
  forget(next, parts, depth + 1);
  if (next.message === undefined && next.below.size === 0) level.below.delete(part);
}

function* collect(
  level: Level,
  parts: readonly string[],
  depth: number,
): Generator<RetainedMessage, undefined> {
  const part = parts[depth];
  if (part === undefined) {
    if (level.message !== undefined) yield level.message;
  } else if (part === "#") {
    yield* collectAll(level, depth === 0);
  } else if (part === "+") {
    for (const [name, next] of level.below) {
      if (depth === 0 && name.startsWith("$")) continue; // [MQTT-4.7.2-1]
      yield* collect(next, parts, depth + 1);
    }
  } else {
    const next = level.below.get(part);
    if (next !== undefined) yield* collect(next, parts, depth + 1);
  }
}

function* collectAll(level: Level, isTop: boolean): Generator<RetainedMessage, undefined> {
  if (level.message !== undefined) yield level.message;
  for (const [name, next] of level.below) {
    if (isTop && name.startsWith("$")) continue; // [MQTT-4.7.2-1]
    yield* collectAll(next, false);
  }
}
