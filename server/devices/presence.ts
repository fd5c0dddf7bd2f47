import type {
  AvailabilityValue,
  PresenceInput,
  PresenceNews,
  PresenceRecord,
  PresenceSettings,
  PresenceState,
  PresenceStep,
  SessionCause,
} from "./presenceTypes.ts";

/** After a restart of the hub every device gets at least so long to come back. */
const RESTART_GRACE_MIN_MS = 30_000;
/** A child must show itself so soon after its parent came back. */
const CHILD_GRACE_MS = 60_000;
const FLAP_WINDOW_MS = 600_000;
const FLAP_MOVES = 6;
/** Silence of so many usual intervals is a loss. */
const SILENT_INTERVALS = 3;
/** Of a sleeper whose rhythm is not known yet. Three make 25 h, the usual patience with battery devices. */
const SLEEP_INTERVAL_MS = 500 * 60_000;
const NAP_MAX_MS = 60_000;
const NAPS_KEPT = 5;
const NAPS_OF_SLEEPER = 3;

/** A device of which nothing is known. */
export const unknownPresence: PresenceRecord = Object.freeze({
  state: "unknown",
  since: null,
  reason: "",
  sessions: {},
  hasSessions: false,
  topic: null,
  lostAt: null,
  deadline: null,
  reported: false,
  excused: false,
  blinks: 0,
  moves: [],
  steadyAt: null,
  naps: [],
  hubDownMs: 0,
  skippedMs: 0,
});

/** The state as everyone sees it. */
export function shownState({ state, steadyAt }: PresenceRecord): PresenceState {
  return steadyAt === null ? state : "flapping";
}

/**
 * The state machine of presence: one input changes the record and may give something to report. An input that a state
 * has no rule for changes nothing.
 */
export function stepPresence(
  before: PresenceRecord,
  input: PresenceInput,
  { nowMs, ...settings }: PresenceSettings & { readonly nowMs: number },
): PresenceStep {
  const step: Step = { record: { ...before }, news: [], nowMs, settings };
  apply(step, input);
  step.record.deadline = deadlineOf(step);
  const events = step.news.map((news) => complete(news, before, step));
  const { deadline, steadyAt } = step.record;
  const next = Math.min(deadline ?? Infinity, steadyAt ?? Infinity);
  return { record: step.record, events, deadline: next === Infinity ? null : next };
}

type Draft = { -readonly [Name in keyof PresenceRecord]: PresenceRecord[Name] };
type News = Pick<PresenceNews, "event" | "outageMs" | "hubDownMs" | "first">;

interface Step {
  readonly record: Draft;
  news: News[];
  readonly nowMs: number;
  readonly settings: PresenceSettings;
}

function apply(step: Step, input: PresenceInput): void {
  switch (input.type) {
    case "up":
      return sessionUp(step, input);
    case "down":
      return sessionDown(step, input);
    case "unbind":
      return dropSession(step.record, input.clientId);
    case "availability":
      return availability(step, input);
    case "activity":
      return activity(step);
    case "parent":
      return input.online ? parentBack(step) : parentGone(step);
    case "hub-start":
      return hubStarted(step, input.downMs);
    case "timer":
      return timer(step);
  }
}

function sessionUp(step: Step, { clientId, epoch }: { clientId: string; epoch: number }): void {
  const { record } = step;
  if (epoch < (record.sessions[clientId]?.epoch ?? -1)) return;
  record.sessions = { ...record.sessions, [clientId]: { epoch, at: step.nowMs } };
  record.hasSessions = true;
  comeBack(step);
}

function sessionDown(
  step: Step,
  { clientId, epoch, cause }: { clientId: string; epoch: number; cause: SessionCause },
): void {
  const { record, nowMs, settings } = step;
  // The hub went away, not the device: its next start deals with what was live.
  if (cause === "hub-restart") return;
  const session = record.sessions[clientId];
  // The connection that ended is not the newest one: the device is here.
  if (session === undefined || session.epoch !== epoch) return;
  const isNap = cause === "disconnect" && nowMs - session.at < NAP_MAX_MS;
  record.naps = [...record.naps, isNap].slice(-NAPS_KEPT);
  dropSession(record, clientId);
  if (Object.keys(record.sessions).length > 0 || record.state !== "online") return;
  if (cause === "takeover") return lose(step, { reason: cause, state: "online" });
  if (cause !== "disconnect") return lose(step, { reason: cause, state: "offline-pending" });
  const isSleeper = record.naps.filter(Boolean).length >= NAPS_OF_SLEEPER;
  if (settings.onClean === "sleeping" || (settings.onClean === "auto" && isSleeper))
    return fallAsleep(step, cause);
  lose(step, { reason: cause, state: "offline-pending" });
  if (settings.onClean === "offline") goOffline(step);
}

function availability(
  step: Step,
  { value, initial = false, own = false }: { value: AvailabilityValue; initial?: boolean; own?: boolean },
): void {
  const { record } = step;
  const isLive = Object.keys(record.sessions).length > 0;
  if (value === "withdrawn") {
    record.topic = null;
    return;
  }
  // A live session knows better, unless it is the one that says good-bye.
  if (isLive && value !== "online" && !own) return;
  record.topic = value;
  if (initial) return startAs(step, value);
  if (value === "online") return comeBack(step);
  if (value === "sleeping") return fallAsleep(step, "topic");
  if (record.state === "unknown") return startAs(step, value);
  if (record.state === "online") lose(step, { reason: "topic", state: "offline-pending" });
}

/** What was already so before the hub looked is no news. */
function startAs(step: Step, value: "online" | "offline" | "sleeping"): void {
  const { record, nowMs } = step;
  if (record.state !== "unknown") return;
  if (value === "sleeping") return fallAsleep(step, "topic");
  enter(record, value, nowMs);
  record.reason = "topic";
  if (value === "offline") Object.assign(record, { lostAt: nowMs, reported: true });
}

function activity(step: Step): void {
  const { topic, state } = step.record;
  if (topic === "offline" || (topic === "sleeping" && state === "sleeping")) return;
  comeBack(step);
}

function comeBack(step: Step): void {
  const { record, nowMs } = step;
  const { state, lostAt, reported, excused, hubDownMs, skippedMs } = record;
  Object.assign(record, {
    lostAt: null,
    deadline: null,
    reported: false,
    excused: false,
    hubDownMs: 0,
    skippedMs: 0,
  });
  if (state === "online") return;
  enter(record, "online", nowMs);
  record.reason = "";
  if (state === "unknown") step.news.push({ event: "online", first: true });
  else if (state === "offline-pending" && !excused) {
    record.blinks += 1;
    moved(step);
  } else if (state === "offline" && reported) {
    const outageMs = Math.max(0, nowMs - (lostAt ?? nowMs) - skippedMs);
    step.news.push({ event: "recovered", outageMs, ...(hubDownMs > 0 && { hubDownMs }) });
    moved(step);
  }
}

/** Starts the grace; without a change of state the loss stays invisible until it ends. */
function lose(
  { record, nowMs, settings }: Step,
  { reason, state }: { reason: string; state: "online" | "offline-pending" },
): void {
  if (record.state !== state) enter(record, state, nowMs);
  record.reason = reason;
  record.lostAt = nowMs;
  record.deadline = nowMs + settings.graceMs;
}

function fallAsleep(step: Step, reason: string): void {
  const { record, nowMs, settings } = step;
  if (record.state !== "online" && record.state !== "offline-pending" && record.state !== "unknown") return;
  const isNews = record.state !== "unknown";
  enter(record, "sleeping", nowMs);
  record.reason = reason;
  record.lostAt = nowMs;
  record.deadline = nowMs + SILENT_INTERVALS * (settings.intervalMs ?? SLEEP_INTERVAL_MS);
  if (isNews) step.news.push({ event: "sleeping" });
}

function goOffline(step: Step): void {
  const { record, nowMs } = step;
  enter(record, "offline", nowMs);
  record.deadline = null;
  record.excused = false;
  record.reported = true;
  step.news.push({ event: "offline", ...(record.hubDownMs > 0 && { hubDownMs: record.hubDownMs }) });
  moved(step);
}

function parentGone({ record, nowMs }: Step): void {
  const isLive = Object.keys(record.sessions).length > 0;
  if (isLive || (record.state !== "online" && record.state !== "offline-pending")) return;
  enter(record, "offline", nowMs);
  Object.assign(record, {
    reason: "parent",
    lostAt: record.lostAt ?? nowMs,
    deadline: null,
    reported: false,
  });
}

function parentBack({ record, nowMs }: Step): void {
  if (record.state !== "offline" || record.reason !== "parent" || record.reported) return;
  enter(record, "offline-pending", nowMs);
  Object.assign(record, { deadline: nowMs + CHILD_GRACE_MS, excused: true });
}

/** The hub's own absence cut every session; it is nobody's outage. */
function hubStarted({ record, nowMs, settings }: Step, downMs: number): void {
  const patienceMs = Math.max(settings.graceMs, RESTART_GRACE_MIN_MS);
  const wasLive = Object.keys(record.sessions).length > 0;
  record.sessions = {};
  if (record.steadyAt !== null) record.steadyAt = nowMs + FLAP_WINDOW_MS;
  if (record.lostAt !== null) record.skippedMs += downMs;
  if (record.state === "offline-pending") record.deadline = nowMs + patienceMs;
  if (record.state === "sleeping") record.deadline = Math.max(record.deadline ?? 0, nowMs + patienceMs);
  if (record.state !== "online" || !(wasLive || record.hasSessions)) return;
  Object.assign(record, { reason: "hub-restart", lostAt: nowMs, skippedMs: 0, hubDownMs: downMs });
  record.deadline = nowMs + patienceMs;
}

function timer(step: Step): void {
  const { record, nowMs } = step;
  if (record.steadyAt !== null && nowMs >= record.steadyAt) {
    Object.assign(record, { steadyAt: null, moves: [], reported: record.state === "offline" });
    step.news.push({ event: "steady" });
  }
  if (record.deadline === null || nowMs < record.deadline) return;
  record.deadline = null;
  if (record.state === "offline-pending") return goOffline(step);
  if (record.state === "sleeping") record.reason = "overslept";
  else if (record.state !== "online") return;
  else if (record.lostAt === null) {
    if (nowMs < (silentAt(step) ?? Infinity)) return;
    record.reason = "silent";
    record.lostAt = step.settings.lastSeenAt ?? record.since ?? nowMs;
  }
  goOffline(step);
}

/** Counts a change that a flapping device makes too many of. While it flaps, nothing else is reported. */
function moved(step: Step): void {
  const { record, nowMs } = step;
  record.moves = [...record.moves.filter((at) => at > nowMs - FLAP_WINDOW_MS), nowMs].slice(-FLAP_MOVES);
  const isNew = record.steadyAt === null && record.moves.length >= FLAP_MOVES;
  if (isNew || record.steadyAt !== null) {
    record.steadyAt = nowMs + FLAP_WINDOW_MS;
    step.news = isNew ? [{ event: "flapping" }] : [];
  }
}

function enter(record: Draft, state: PresenceRecord["state"], nowMs: number): void {
  record.state = state;
  record.since = nowMs;
}

function dropSession(record: Draft, clientId: string): void {
  const { [clientId]: _gone, ...rest } = record.sessions;
  record.sessions = rest;
}

function deadlineOf(step: Step): number | null {
  const { record } = step;
  if (record.state === "online" && record.lostAt === null) return silentAt(step);
  return record.deadline;
}

/** Silence counts only for a device that has neither sessions nor an availability topic. */
function silentAt({ record, nowMs, settings }: Step): number | null {
  if (record.hasSessions || record.topic !== null || settings.intervalMs === undefined) return null;
  return (settings.lastSeenAt ?? record.since ?? nowMs) + SILENT_INTERVALS * settings.intervalMs;
}

function complete(news: News, before: PresenceRecord, { record, nowMs }: Step): PresenceNews {
  return {
    ...news,
    state: shownState(record),
    previous: shownState(before),
    reason: news.event === "recovered" ? before.reason : record.reason,
    since: record.since ?? nowMs,
    blinks: record.blinks,
  };
}
