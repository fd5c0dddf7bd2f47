import type { Qos } from "./arrival.ts";

/** The last message a topic keeps. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
}

/** Retained messages, found by topic or by filter without looking at the others. */
export interface RetainedIndex {
  /** Keeps, replaces or (with an empty payload) forgets; false when a new one would break a bound. */
  store(message: RetainedMessage): boolean;
  get(topic: string): RetainedMessage | undefined;
  match(filter: string): readonly RetainedMessage[];
  readonly count: number;
  readonly bytes: number;
}

/** Most topics and payload bytes kept. */
export interface RetainedBounds {
  readonly retainedTopics: number;
  readonly retainedBytes: number;
}

interface Level {
  readonly below: Map<string, Level>;
  message: RetainedMessage | undefined;
}

/** An exact filter is one look-up; a wildcard walks only the branches it names. */
export function createRetainedIndex(bounds: RetainedBounds): RetainedIndex {
  const exact = new Map<string, RetainedMessage>();
  const root: Level = { below: new Map(), message: undefined };
  let bytes = 0;

  function remove(topic: string): void {
    const message = exact.get(topic);
    if (message === undefined) return;
    exact.delete(topic);
    bytes -= sizeOf(message);
    forget(root, topic.split("/"), 0);
  }

  return {
    store({ topic, payload, qos }) {
      if (payload.length === 0) {
        remove(topic); // [MQTT-3.3.1-10]
        return true;
      }
      const before = exact.get(topic);
      // A copy: the payload is a view of a whole network buffer, which it would keep alive.
      const message = { topic, payload: Buffer.from(payload), qos };
      const bytesAfter = bytes + sizeOf(message) - (before === undefined ? 0 : sizeOf(before));
      if (before === undefined && exact.size >= bounds.retainedTopics) return false;
      if (bytesAfter > bounds.retainedBytes && bytesAfter > bytes) return false;
      bytes = bytesAfter;
      exact.set(topic, message);
      levelOf(root, topic).message = message;
      return true;
    },
    get: (topic) => exact.get(topic),
    match(filter) {
      if (!/[+#]/.test(filter)) {
        const message = exact.get(filter);
        return message === undefined ? [] : [message];
      }
      const matches: RetainedMessage[] = [];
      collect(root, filter.split("/"), 0, matches);
      return matches;
    },
    get count() {
      return exact.size;
    },
    get bytes() {
      return bytes;
    },
  };
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

function collect(level: Level, parts: readonly string[], depth: number, matches: RetainedMessage[]): void {
  const part = parts[depth];
  if (part === undefined) {
    if (level.message !== undefined) matches.push(level.message);
  } else if (part === "#") {
    collectAll(level, depth === 0, matches);
  } else if (part === "+") {
    for (const [name, next] of level.below) {
      if (depth === 0 && name.startsWith("$")) continue; // [MQTT-4.7.2-1]
      collect(next, parts, depth + 1, matches);
    }
  } else {
    const next = level.below.get(part);
    if (next !== undefined) collect(next, parts, depth + 1, matches);
  }
}

function collectAll(level: Level, isTop: boolean, matches: RetainedMessage[]): void {
  if (level.message !== undefined) matches.push(level.message);
  for (const [name, next] of level.below) {
    if (isTop && name.startsWith("$")) continue; // [MQTT-4.7.2-1]
    collectAll(next, false, matches);
  }
}
