import { type ConfigOf, optional } from "../../field.ts";
import { choice, choices, cron, duration, zone as zoneField } from "../../fields.ts";
import { formatDuration } from "../../logic/duration.ts";
import { createMessage } from "../../message.ts";
import { type NodeContext, type Reaction, type SettingProblem, defineNode, emit, wake } from "../../node.ts";
import { fingerprint } from "../fingerprint.ts";
import { DAY_MS, wallMsAt } from "../localTime.ts";
import { short } from "../sentences.ts";
import { examples } from "./examples.ts";
import { scheduleText } from "./scheduleText.ts";
import { type Timetable, cronTimetable, everyTimetable, onWeekdays, weekdayOf } from "./timetable.ts";

const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const MISSED_COUNT_MAX = 1_000;

const fields = {
  kind: choice(
    "Kind",
    [
      ["every", "Interval"],
      ["cron", "Cron line"],
    ],
    { default: "every" },
  ),
  every: duration("Every", {
    help: "Counted from local midnight, so that every 15m means at :00, :15, :30 and :45.",
    default: "15m",
    minimumMs: 1_000,
    maximumMs: 30 * DAY_MS,
    showIf: { field: "kind", is: ["every"] },
  }),
  cron: optional(
    cron("Cron line", {
      help: "Minute, hour, day, month, weekday: 30 6 * * 1-5 is half past six on workdays.",
      placeholder: "30 6 * * *",
      showIf: { field: "kind", is: ["cron"] },
    }),
  ),
  days: optional(
    choices(
      "Only on",
      [
        ["mon", "Monday"],
        ["tue", "Tuesday"],
        ["wed", "Wednesday"],
        ["thu", "Thursday"],
        ["fri", "Friday"],
        ["sat", "Saturday"],
        ["sun", "Sunday"],
      ],
      { advanced: true },
    ),
  ),
  zone: optional(zoneField("Time zone", { help: "The hub's where it is left empty.", advanced: true })),
  jitter: duration("Spread", {
    help: "Starts up to this much later, by an amount that follows from flow and date.",
    default: "0s",
    maximumMs: 6 * 3_600_000,
    advanced: true,
  }),
  missed: choice(
    "If the hub was down then",
    [
      ["once", "Start once, late"],
      ["skip", "Skip it"],
    ],
    { default: "once", advanced: true },
  ),
  lateLimit: duration("But not later than", {
    default: "15m",
    showIf: { field: "missed", is: ["once"] },
    advanced: true,
  }),
};

type Config = ConfigOf<typeof fields>;
type Context = NodeContext<State>;

interface State {
  /** ms since 1970: the time on the timetable that comes next, without the spread; null: none. */
  readonly dueAt: number | null;
}

/** Starts a run at given times. */
export const schedule = defineNode({
  type: "schedule",
  title: "Schedule",
  summary: "Starts at given times: in an interval, or by a cron line.",
  group: "trigger",
  icon: "calendar-clock",
  synonyms: ["cron", "timer", "interval", "time", "clock", "daily", "every", "at"],
  fields,
  ports: ["out"],
  initial: (): State => ({ dueAt: null }),
  // Why not "skip": the node must be woken to set its next time, and to tell what it skipped.
  overdue: "fire",
  sentence: (stored) => short(scheduleText(stored)),
  check,
  listens: () => [{ on: "start" }, { on: "deploy" }],
  on(_event, config, context): Reaction<State, "out"> {
    const { state, nowMs } = context;
    if (state.dueAt !== null && state.dueAt + spreadMs(state.dueAt, config, context) <= nowMs)
      return { why: () => "A time passed while the hub was down; it is dealt with by itself." };
    return arm(timetable(config, context).next(nowMs), config, context);
  },
  wake(_timer, config, context): Reaction<State, "out"> {
    const { state, nowMs, late } = context;
    const times = timetable(config, context);
    if (state.dueAt === null) return {};
    const following = times.next(state.dueAt);
    const isBehind = late !== undefined || (following !== undefined && following <= nowMs);
    if (!isBehind) return fire(state.dueAt, following, config, context);
    const upcoming = times.next(nowMs);
    const newest = config.missed === "skip" ? undefined : newestMissed(times, config, context);
    if (newest !== undefined) return fire(newest, upcoming, config, context);
    const missed = countMissed(times, state.dueAt, nowMs);
    return {
      ...arm(upcoming, config, context),
      why: () =>
        `Skipped at restart: ${missed} ${missed === 1 ? "time" : "times"} passed while the hub was down.`,
    };
  },
  examples,
});

function check({ kind, every, cron: line, jitter }: Config): readonly SettingProblem[] {
  if (kind === "cron") {
    if (line === undefined) return [{ path: "cron", message: "Write a cron line such as 30 6 * * 1-5." }];
    if (cronTimetable(line, "UTC").next(0) === undefined)
      return [{ path: "cron", message: `The cron line "${line}" names a day that never comes.` }];
    return [];
  }
  if (every > DAY_MS && every % DAY_MS !== 0)
    return [
      {
        path: "every",
        message: `Beyond a day only whole days can be told apart, not ${formatDuration(every)}.`,
      },
    ];
  if (jitter >= every)
    return [
      {
        path: "jitter",
        message: `The spread must be shorter than the interval of ${formatDuration(every)}.`,
      },
    ];
  return [];
}

function timetable({ kind, cron: line, every, days, zone }: Config, { zone: hubZone }: Context): Timetable {
  const place = zone ?? hubZone;
  const times =
    kind === "cron" && line !== undefined ? cronTimetable(line, place) : everyTimetable(every, place);
  if (days === undefined) return times;
  return onWeekdays(times, new Set(days.map((day) => WEEKDAYS.indexOf(day) + 1)), place);
}

function arm(dueAt: number | undefined, config: Config, context: Context): Reaction<State, "out"> {
  if (dueAt === undefined) return { state: { dueAt: null }, why: () => "There is no further time." };
  const firesAt = dueAt + spreadMs(dueAt, config, context);
  return {
    state: { dueAt },
    commands: [wake("due", firesAt)],
    why: () => `Next in ${formatDuration(firesAt - context.nowMs)}.`,
  };
}

function fire(
  dueAt: number,
  following: number | undefined,
  config: Config,
  context: Context,
): Reaction<State, "out"> {
  const { eventId, nodeId, nowMs, zone: hubZone } = context;
  const wallMs = wallMsAt(dueAt, config.zone ?? hubZone);
  const wall = new Date(wallMs).toISOString();
  const message = createMessage({
    topic: "",
    payload: {
      date: wall.slice(0, 10),
      time: wall.slice(11, 16),
      weekday: weekdayOf(Math.floor(wallMs / DAY_MS)),
      dueAt,
    },
    key: nodeId,
    seenAt: nowMs,
    id: eventId,
  });
  const { state, commands = [] } = arm(following, config, context);
  return {
    ...(state !== undefined && { state }),
    commands: [...commands, emit("out", message)],
    why: () => `Due at ${wall.slice(11, 19)} on ${wall.slice(0, 10)}.`,
  };
}

/** The newest time that passed and is not too old; all that were missed make one run. */
function newestMissed(
  times: Timetable,
  { lateLimit }: Config,
  { state, nowMs }: Context,
): number | undefined {
  let newest: number | undefined;
  const from = Math.max(state.dueAt ?? 0, nowMs - lateLimit) - 1;
  for (let due = times.next(from); due !== undefined && due <= nowMs; due = times.next(due)) newest = due;
  return newest;
}

function countMissed(times: Timetable, first: number, nowMs: number): number {
  let count = 0;
  for (let due: number | undefined = first; due !== undefined && due <= nowMs; due = times.next(due))
    if (++count >= MISSED_COUNT_MAX) break;
  return count;
}

/** The same for the same flow, node and date, so that a replay agrees. */
function spreadMs(
  dueAt: number,
  { jitter, zone }: Config,
  { flowId, nodeId, zone: hubZone }: Context,
): number {
  if (jitter === 0) return 0;
  const date = new Date(wallMsAt(dueAt, zone ?? hubZone)).toISOString().slice(0, 10);
  return fingerprint(`${flowId}/${nodeId}/${date}`) % (jitter + 1);
}
