import type { LiveNews, LivePart, PortValue } from "./api/api.ts";
import type { DeviceSummary, NotificationItem, TopicMessage } from "./api/contract.ts";
import type { Arrival, Broker } from "./broker/broker.ts";
import type { DeviceView } from "./devices/devices.ts";
import { describePayload } from "./devices/topicPayload.ts";
import type { FinishedRun } from "./runtime/runner.ts";
import { matchesFilter, validateFilter } from "#flows/topics/topicFilter.ts";

/** Longest payload that a live message shows whole, in bytes. */
const SHOWN_BYTES = 4_096;

/** What editors watch: values on wires, messages by topic, and changes of anything that a page shows. */
export interface LiveDesk extends LivePart {
  tell(news: LiveNews): void;
  /** A device changed; nothing is told of one that is gone. */
  tellDevice(device: DeviceView | undefined): void;
  /** Shows what left the nodes of a flow that somebody watches. */
  noteRun(finished: FinishedRun): void;
  /** Where notices are kept, and told of at once. */
  readonly inbox: { add(notice: Notice): Promise<void> };
}

type Notice = Omit<NotificationItem, "readAt">;

export interface LiveDeskParts {
  readonly broker: Pick<Broker, "onMessage">;
  readonly inbox: { add(notice: Notice): Promise<void>; unread(): number };
}

/** Nobody watches at first, and then nothing costs anything. */
export function createLiveDesk({ broker, inbox }: LiveDeskParts): LiveDesk {
  const flowWatchers = new Map<string, Set<(value: PortValue) => void>>();
  const topicWatchers = new Set<{
    readonly filter: string;
    readonly listener: (message: TopicMessage) => void;
  }>();
  const newsListeners = new Set<(news: LiveNews) => void>();

  broker.onMessage((arrival) => {
    if (topicWatchers.size === 0) return;
    let message: TopicMessage | undefined;
    for (const { filter, listener } of topicWatchers)
      if (matchesFilter(filter, arrival.topic)) listener((message ??= topicMessage(arrival)));
  });

  function tell(news: LiveNews): void {
    for (const listener of newsListeners) listener(news);
  }

  return {
    watchFlow(flow, listener) {
      const watchers = flowWatchers.get(flow) ?? new Set();
      flowWatchers.set(flow, watchers.add(listener));
      return () => {
        watchers.delete(listener);
        if (watchers.size === 0) flowWatchers.delete(flow);
      };
    },
    watchTopics(filter, listener) {
      refuseFilter(filter);
      const watcher = { filter, listener };
      topicWatchers.add(watcher);
      return () => topicWatchers.delete(watcher);
    },
    onNews(listener) {
      newsListeners.add(listener);
      return () => newsListeners.delete(listener);
    },
    tell,
    tellDevice(device) {
      if (device !== undefined) tell({ type: "device", device: deviceSummary(device) });
    },
    noteRun({ flow, run }) {
      const watchers = flowWatchers.get(flow.id);
      if (watchers === undefined) return;
      for (const value of portValues(run)) for (const listener of watchers) listener(value);
    },
    inbox: {
      async add(notice) {
        await inbox.add(notice);
        tell({ type: "notification", notification: { ...notice, readAt: null }, unread: inbox.unread() });
      },
    },
  };
}

/** A device as the API shows it. */
export function deviceSummary({ parent: _parent, blinks: _blinks, ...device }: DeviceView): DeviceSummary {
  return device;
}

/** Throws `topic.filter` for a text that is no topic filter. */
export function refuseFilter(filter: string): void {
  const wrong = validateFilter(filter);
  if (wrong !== undefined)
    throw Object.assign(new Error(`The topic filter ${wrong}.`), { code: "topic.filter" });
}

function* portValues(run: FinishedRun["run"]): Generator<PortValue> {
  for (const { node, out, error } of run.steps) {
    for (const { port, message } of out) yield { node, port, at: run.nowMs, payload: message.payload };
    if (error !== undefined)
      yield { node, port: "error", at: run.nowMs, payload: undefined, error: error.message };
  }
}

function topicMessage({ topic, payload, qos, retain, seenAt }: Arrival): TopicMessage {
  const size = payload.length;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, Math.min(size, SHOWN_BYTES)).toString(
    "latin1",
  );
  return { topic, at: seenAt, qos, retain, size, payload: describePayload({ bytes, size }).value };
}
