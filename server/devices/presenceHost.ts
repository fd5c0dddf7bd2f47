import type { DeviceRef } from "#flows/message.ts";
import type { Device } from "./device.ts";
import type { DeviceStore } from "./deviceStore.ts";
import { createInterval, heard, type Interval } from "./interval.ts";
import { shownState, stepPresence, unknownPresence } from "./presence.ts";
import type { PresenceInput, PresenceNews, PresenceRecord } from "./presenceTypes.ts";

/** What listeners hear when a device comes, goes or flaps. */
export interface PresenceReport extends PresenceNews {
  readonly device: DeviceRef;
  readonly at: number;
  /** Id of the gateway it hangs on. */
  readonly parent?: string;
  /** Devices that went with this one and are not reported each. */
  readonly children?: number;
  /** Devices that did not come back after the hub was away, this one included: reported together. */
  readonly collected?: number;
}

export interface PresenceHostParts {
  readonly store: Pick<DeviceStore, "putPresence">;
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly log: { error: (details: object, message: string) => void };
  readonly device: (id: string) => Device | undefined;
  readonly childrenOf: (id: string) => readonly Device[];
  readonly report: (report: PresenceReport) => void;
  readonly changed: (id: string) => void;
}

/** Keeps the presence of every device: runs the state machine, its timers, and writes what must survive. */
export interface PresenceHost {
  /** Takes over what was stored; the hub was away until now. */
  restore: (id: string, stored: unknown, lastSeenAt: number | null, downMs: number) => void;
  feed: (id: string, input: PresenceInput) => void;
  /** A live message of the device: usually no more than a note of the time. */
  activity: (id: string, atMs: number) => void;
  view: (id: string) => { readonly record: PresenceRecord; readonly lastSeenAt: number | null };
  forget: (id: string) => void;
  start: () => void;
  stop: () => Promise<void>;
}

interface Entry {
  record: PresenceRecord;
  lastSeenAt: number | null;
  readonly interval: Interval;
  cancel: (() => void) | undefined;
}

/** Longer timers fire at once in Node. */
const TIMER_MAX_MS = 2 ** 31 - 1;
const WRITE_AFTER_MS = 1_000;
/** How late "last seen" may be after a crash. */
const WRITE_SEEN_AFTER_MS = 60_000;

/** Makes the host; nothing happens before `start`. */
export function createPresenceHost(parts: PresenceHostParts): PresenceHost {
  const { store, now, schedule, log } = parts;
  const entries = new Map<string, Entry>();
  const changedIds = new Set<string>();
  const seenIds = new Set<string>();
  let waiting: PresenceReport[] = [];
  let cancelWrite: (() => void) | undefined;
  let cancelSeen: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();

  function entryOf(id: string): Entry {
    const known = entries.get(id);
    if (known !== undefined) return known;
    const entry = {
      record: unknownPresence,
      lastSeenAt: null,
      interval: createInterval(),
      cancel: undefined,
    };
    entries.set(id, entry);
    return entry;
  }

  function feed(id: string, input: PresenceInput): void {
    const device = parts.device(id);
    if (device === undefined) return;
    const entry = entryOf(id);
    const before = entry.record;
    const nowMs = now();
    if (input.type === "up" || input.type === "down") entry.lastSeenAt = nowMs;
    const { record, events, deadline } = stepPresence(before, input, {
      nowMs,
      graceMs: device.graceMs,
      onClean: device.onClean,
      intervalMs: entry.interval.usualMs,
      lastSeenAt: entry.lastSeenAt ?? undefined,
    });
    entry.record = record;
    arm(id, entry, deadline);
    if (JSON.stringify(before) !== JSON.stringify(record)) written(id);
    const children = tellChildren(id, before, record);
    for (const news of events) announce(device, news, children);
    if (shownState(before) !== shownState(record)) parts.changed(id);
  }

  function arm(id: string, entry: Entry, deadline: number | null): void {
    entry.cancel?.();
    entry.cancel =
      deadline === null
        ? undefined
        : schedule(() => feed(id, { type: "timer" }), Math.min(TIMER_MAX_MS, Math.max(0, deadline - now())));
  }

  /** Children share the fate of their gateway without a word of their own. */
  function tellChildren(id: string, before: PresenceRecord, after: PresenceRecord): number {
    const [wasOffline, isOffline] = [before.state === "offline", after.state === "offline"];
    if (wasOffline === isOffline) return 0;
    if (!isOffline && after.state !== "online") return 0;
    let taken = 0;
    for (const child of parts.childrenOf(id)) {
      const state = entryOf(child.id).record.state;
      feed(child.id, { type: "parent", online: !isOffline });
      if (entryOf(child.id).record.state !== state) taken += 1;
    }
    return taken;
  }

  function announce(device: Device, news: PresenceNews, children: number): void {
    const report: PresenceReport = {
      ...news,
      device: { id: device.id, name: device.name },
      at: now(),
      ...(device.parent !== null && { parent: device.parent }),
      ...(news.event === "offline" && children > 0 && { children }),
    };
    if (news.event !== "offline" || news.reason !== "hub-restart") return parts.report(report);
    // Those that did not come back after a restart end at the same moment: one list, not a storm.
    waiting.push(report);
    if (waiting.length === 1) schedule(reportCollected, 0);
  }

  function reportCollected(): void {
    const reports = waiting;
    waiting = [];
    for (const report of reports) parts.report({ ...report, collected: reports.length });
  }

  function written(id: string): void {
    changedIds.add(id);
    cancelWrite ??= schedule(() => void write(), WRITE_AFTER_MS);
  }

  function write(): Promise<void> {
    cancelWrite?.();
    cancelWrite = undefined;
    const ids = [...changedIds];
    changedIds.clear();
    const changes = ids.flatMap((id) => {
      const entry = entries.get(id);
      seenIds.delete(id);
      return entry === undefined ? [] : [{ id, presence: entry.record, lastSeenAt: entry.lastSeenAt }];
    });
    writing = writing.then(() => writeOut(changes));
    return writing;
  }

  async function writeOut(changes: Parameters<DeviceStore["putPresence"]>[0]): Promise<void> {
    if (changes.length === 0) return;
    try {
      await store.putPresence(changes);
    } catch (error) {
      for (const { id } of changes) changedIds.add(id);
      log.error({ err: error, devices: changes.length }, "Presence could not be written; it is tried again.");
    }
  }

  function writeSeen(): void {
    for (const id of seenIds) changedIds.add(id);
    seenIds.clear();
    if (changedIds.size > 0) void write();
    cancelSeen = schedule(writeSeen, WRITE_SEEN_AFTER_MS);
  }

  return {
    restore(id, stored, lastSeenAt, downMs) {
      const entry = entryOf(id);
      entry.lastSeenAt = lastSeenAt;
      if (!isRecord(stored)) return;
      entry.record = { ...unknownPresence, ...stored };
      // Nobody could be heard while the hub was away: silence counts from now.
      if (entry.record.state === "online" && !entry.record.hasSessions) entry.lastSeenAt = now();
      feed(id, { type: "hub-start", downMs });
    },
    feed,
    activity(id, atMs) {
      const entry = entryOf(id);
      const before = entry.interval.usualMs;
      heard(entry.interval, atMs);
      entry.lastSeenAt = atMs;
      seenIds.add(id);
      const { state, lostAt } = entry.record;
      // Nothing to decide: the silence that a timer waits for is measured again when it fires.
      if (
        state === "online" &&
        lostAt === null &&
        (before === entry.interval.usualMs || entry.record.hasSessions)
      )
        return;
      feed(id, { type: "activity" });
    },
    view(id) {
      const entry = entries.get(id);
      return { record: entry?.record ?? unknownPresence, lastSeenAt: entry?.lastSeenAt ?? null };
    },
    forget(id) {
      entries.get(id)?.cancel?.();
      entries.delete(id);
      changedIds.delete(id);
      seenIds.delete(id);
    },
    start() {
      cancelSeen ??= schedule(writeSeen, WRITE_SEEN_AFTER_MS);
    },
    async stop() {
      cancelSeen?.();
      cancelSeen = undefined;
      for (const entry of entries.values()) entry.cancel?.();
      for (const id of seenIds) changedIds.add(id);
      await write();
    },
  };
}

function isRecord(stored: unknown): stored is Partial<PresenceRecord> {
  return typeof stored === "object" && stored !== null && "state" in stored;
}
