import type { Arrival } from "./arrival.ts";
import { createLoad, loadSpans, type Load } from "./loads.ts";
import { totalOf } from "./packetTypes.ts";
import { createRetainedIndex, type RetainedIndex } from "./retained.ts";
import type { BrokerStats } from "./stats.ts";

/** What the broker says about itself under `$SYS/broker`, with the names Mosquitto gave its topics. */
export interface SysTopics {
  /** The time from which the uptime counts. */
  start(): void;
  /** Tells what has changed since the last time. */
  update(): void;
  /** The present values, for new subscriptions. They are in memory only, and apart from what clients retain. */
  readonly retained: Pick<RetainedIndex, "get" | "walk">;
}

/** Parts of the topics. */
export interface SysTopicsOptions {
  readonly version: string;
  readonly stats: () => BrokerStats;
  readonly now: () => number;
  readonly tell: (message: Pick<Arrival, "topic" | "payload" | "qos">) => void;
}

/** All names begin with it; a filter that does not cannot reach them. */
export const sysPrefix = "$SYS/";

const ROOT = "$SYS/broker/";
const PUBLISH = 3;
const CONNECT = 1;
/** Far more than there are. */
const BOUNDS = { retainedTopics: 1_000, retainedTopicsPerUser: 1_000, retainedBytes: 1024 * 1024 };
/** The values are of this run of the hub, so nothing is kept. */
const forgetful = { note: () => 0 };
/** The next values come soon: these are worth no queue, and no row on disk for a dashboard that is away. */
const QOS = 0;

/** Why these names: dashboards for Mosquitto work unchanged. Per-minute loads have two decimals, as there. */
export function createSysTopics({ version, stats, now, tell }: SysTopicsOptions): SysTopics {
  const retained = createRetainedIndex(BOUNDS, forgetful);
  const told = new Map<string, string>();
  const loads = new Map<string, Load>();
  let startedAt = now();
  let updatedAt = startedAt;

  function set(name: string, value: string | number): void {
    const text = String(value);
    if (told.get(name) === text) return;
    told.set(name, text);
    const message = { topic: ROOT + name, payload: Buffer.from(text), qos: QOS } as const;
    retained.store({ ...message, user: undefined, seenAt: now() });
    tell(message);
  }

  function setLoads(read: BrokerStats, seconds: number): void {
    for (const [name, total] of Object.entries(loadTotals(read))) {
      const load = loads.get(name) ?? createLoad();
      loads.set(name, load);
      if (seconds > 0) load.update(total, seconds);
      for (const [index, span] of loadSpans.entries())
        set(`load/${name}/${span.name}`, (load.perMinute[index] ?? 0).toFixed(2));
    }
  }

  return {
    start() {
      startedAt = now();
      updatedAt = startedAt;
    },
    update() {
      const read = stats();
      const at = now();
      set("version", `millrace version ${version}`);
      set("uptime", `${Math.floor((at - startedAt) / 1_000)} seconds`);
      for (const [name, value] of Object.entries(totals(read))) set(name, value);
      setLoads(read, (at - updatedAt) / 1_000);
      updatedAt = at;
    },
    retained,
  };
}

function totals(stats: BrokerStats): Readonly<Record<string, number>> {
  const { traffic, sessionsOnline, sessionsOffline } = stats;
  const { received, sent } = traffic;
  return {
    "clients/connected": sessionsOnline,
    "clients/disconnected": sessionsOffline,
    "clients/total": sessionsOnline + sessionsOffline,
    "clients/maximum": stats.sessionsOnlineMaximum,
    "clients/expired": stats.sessionsExpired,
    "messages/received": totalOf(received.packets),
    "messages/sent": totalOf(sent.packets),
    "publish/messages/received": received.packets[PUBLISH] ?? 0,
    "publish/messages/sent": sent.packets[PUBLISH] ?? 0,
    "publish/messages/dropped": droppedBy(stats),
    "bytes/received": totalOf(received.bytes),
    "bytes/sent": totalOf(sent.bytes),
    "publish/bytes/received": received.bytes[PUBLISH] ?? 0,
    "publish/bytes/sent": sent.bytes[PUBLISH] ?? 0,
    "retained messages/count": stats.retainedCount,
    "subscriptions/count": stats.subscriptions,
    "shared_subscriptions/count": stats.sharedSubscriptions,
    "store/messages/count": stats.retainedCount + stats.queuedMessages + stats.inFlight,
    "store/messages/bytes": stats.retainedBytes + stats.queuedBytes,
  };
}

function loadTotals(stats: BrokerStats): Readonly<Record<string, number>> {
  const { received, sent } = stats.traffic;
  return {
    "messages/received": totalOf(received.packets),
    "messages/sent": totalOf(sent.packets),
    "publish/received": received.packets[PUBLISH] ?? 0,
    "publish/sent": sent.packets[PUBLISH] ?? 0,
    "publish/dropped": droppedBy(stats),
    "bytes/received": totalOf(received.bytes),
    "bytes/sent": totalOf(sent.bytes),
    sockets: stats.sockets,
    connections: received.packets[CONNECT] ?? 0,
  };
}

function droppedBy({ dropped }: BrokerStats): number {
  return totalOf(Object.values(dropped));
}
