import type { LiveEvent, LiveValue, TopicMessage } from "./contract.ts";
import type { LiveLimits } from "./limits.ts";
import type { LiveNews, PortValue } from "./parts.ts";
import { preview } from "./preview.ts";

/** What waits for the next frame of one socket: bounded, the latest for each key, and a count of what was left out. */
export interface LivePending {
  addValue(value: PortValue): void;
  addMessage(message: TopicMessage): void;
  addNews(news: LiveNews): void;
  /** While the socket is slow, only the latest message of each topic is kept. */
  setSlow(isSlow: boolean): void;
  /** Forgets values or messages: the editor looks at something else now. */
  clearValues(): void;
  clearMessages(): void;
  isEmpty(): boolean;
  /** Takes all as events, oldest first. */
  take(flow: string | null): readonly LiveEvent[];
}

interface Waiting {
  readonly value: PortValue;
  readonly count: number;
}

/** Nothing waits at first. */
export function createLivePending(limits: LiveLimits, onDrop: () => void): LivePending {
  const values = new Map<string, Waiting>();
  const messages = new Map<string | number, TopicMessage>();
  const news = new Map<string, LiveNews>();
  const dropped = { values: 0, messages: 0 };
  let isSlow = false;
  let serial = 0;

  function drop(kind: keyof typeof dropped): void {
    dropped[kind]++;
    onDrop();
  }

  return {
    addValue(value) {
      const key = `${value.node}.${value.port}`;
      const before = values.get(key);
      if (before !== undefined) drop("values");
      else if (values.size >= limits.values) return drop("values");
      values.set(key, { value, count: (before?.count ?? 0) + 1 });
    },
    addMessage(message) {
      const key = isSlow ? message.topic : serial++;
      // Deleted first: what changed last leaves last, and the oldest is the first to be left out.
      if (messages.delete(key)) drop("messages");
      messages.set(key, message);
      if (messages.size <= limits.messages) return;
      dropOldest(messages);
      drop("messages");
    },
    addNews(item) {
      const key = keyOf(item);
      news.delete(key);
      news.set(key, item);
      if (news.size <= limits.events) return;
      dropOldest(news);
      onDrop();
    },
    setSlow(slow) {
      isSlow = slow;
    },
    clearValues() {
      values.clear();
      dropped.values = 0;
    },
    clearMessages() {
      messages.clear();
      dropped.messages = 0;
    },
    isEmpty: () => values.size === 0 && messages.size === 0 && news.size === 0,
    take(flow) {
      const events: LiveEvent[] = [...news.values()];
      if (flow !== null && values.size > 0)
        events.push({
          type: "values",
          flow,
          values: [...values.values()].map((waiting) => liveValue(waiting, limits.valueLength)),
          dropped: dropped.values,
        });
      if (messages.size > 0)
        events.push({ type: "messages", messages: [...messages.values()], dropped: dropped.messages });
      values.clear();
      messages.clear();
      news.clear();
      dropped.values = 0;
      dropped.messages = 0;
      return events;
    },
  };
}

/** Of a thing that changes, only the newest state matters; notifications are each their own. */
function keyOf(news: LiveNews): string {
  switch (news.type) {
    case "device":
      return `device ${news.device.id}`;
    case "flow":
      return `flow ${news.flow.id}`;
    case "flow-removed":
      return `flow ${news.flow}`;
    case "notification":
      return `notification ${news.notification.id}`;
    case "health":
      return "health";
  }
}

function liveValue({ value, count }: Waiting, lengthMax: number): LiveValue {
  const { node, port, at, payload, error } = value;
  return { node, port, at, text: preview(payload, lengthMax), count, ...(error !== undefined && { error }) };
}

function dropOldest<Key>(map: Map<Key, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
