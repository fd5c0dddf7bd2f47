import * as fc from "fast-check";
import { expect, test } from "vitest";
import { compileFlow } from "../../engine/program.ts";
import type { Run } from "../../engine/run.ts";
import { createVirtualHub } from "../../testing/virtualHub.ts";
import { instantsOf, wallMsAt } from "../localTime.ts";
import { schedule } from "./index.ts";
import { cronTimetable, everyTimetable } from "./timetable.ts";

const zones = [
  "UTC",
  "Europe/Berlin",
  "America/Havana",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Pacific/Apia",
];

function list(times: { next(after: number): number | undefined }, from: string, count: number): string[] {
  const found: string[] = [];
  let at: number | undefined = Date.parse(from);
  while (found.length < count && (at = times.next(at)) !== undefined)
    found.push(new Date(at).toISOString().slice(5, 16));
  return found;
}

function program(config: Record<string, unknown>) {
  const document = {
    millrace: 1,
    id: "flow",
    name: "Flow",
    nodes: { at: { type: "schedule", config } },
    wires: [],
  };
  return compileFlow(document, [schedule]);
}

function problems(config: Record<string, unknown>): string[] {
  return program(config)
    .problems.filter(({ severity }) => severity === "error")
    .map(({ path }) => path);
}

test.each([
  ["*/20 2 * * *", "2026-10-24T22:30:00Z", ["10-25T00:00", "10-25T00:20", "10-25T00:40", "10-26T01:00"]],
  ["15 */2 * * *", "2026-10-24T23:30:00Z", ["10-25T00:15", "10-25T01:15", "10-25T03:15"]],
  ["*/30 * * * *", "2026-10-25T00:00:00Z", ["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"]],
  ["15 1-3 * * *", "2026-10-24T22:30:00Z", ["10-24T23:15", "10-25T00:15", "10-25T02:15", "10-26T00:15"]],
  ["*/20 2 * * *", "2026-03-28T22:30:00Z", ["03-29T01:00", "03-30T00:00", "03-30T00:20"]],
  ["15,45 2-3 * * *", "2026-03-28T22:30:00Z", ["03-29T01:00", "03-29T01:15", "03-29T01:45", "03-30T00:15"]],
  ["0 0 13 * 5", "2026-11-05T23:30:00Z", ["11-12T23:00", "11-19T23:00"]],
  ["0 0 12 11 5", "2026-11-06T12:00:00Z", ["11-11T23:00", "11-12T23:00"]],
])("%s in Berlin after %s", (line, from, times) => {
  expect(list(cronTimetable(line, "Europe/Berlin"), from, times.length)).toEqual(times);
});

test("a zone that changes by half an hour, and one that leaves out a day", () => {
  expect(list(cronTimetable("15 2 * * *", "Australia/Lord_Howe"), "2026-10-02T20:00:00Z", 2)).toEqual([
    "10-03T15:30",
    "10-04T15:15",
  ]);
  expect(list(cronTimetable("0 12 * * *", "Pacific/Apia"), "2011-12-29T12:00:00Z", 3)).toEqual([
    "12-29T22:00",
    "12-30T10:00",
    "12-30T22:00",
  ]);
});

test("intervals go on evenly through a clock change and begin anew at midnight", () => {
  expect(list(everyTimetable(2 * 3_600_000, "Europe/Berlin"), "2026-10-24T21:30:00Z", 4)).toEqual([
    "10-24T22:00",
    "10-25T00:00",
    "10-25T02:00",
    "10-25T04:00",
  ]);
  expect(list(everyTimetable(86_400_000, "Europe/Berlin"), "2026-10-24T12:00:00Z", 3)).toEqual([
    "10-24T22:00",
    "10-25T23:00",
    "10-26T23:00",
  ]);
  expect(list(everyTimetable(7 * 86_400_000, "UTC"), "2026-01-01T12:00:00Z", 2)).toEqual([
    "01-05T00:00",
    "01-12T00:00",
  ]);
});

test("the next time agrees with a plain look at every minute", () => {
  const lines = [
    "30 2 * * *",
    "*/20 1-3 * * *",
    "15 */2 * * *",
    "0 0 * * *",
    "5,35 2,3 * * 0",
    "*/45 * * * *",
  ];
  // Around clock changes of all the zones.
  const days = [
    "2026-03-28",
    "2026-10-24",
    "2026-03-07",
    "2026-10-31",
    "2026-04-04",
    "2026-10-03",
    "2026-06-15",
  ];
  const place = fc.record({
    zone: fc.constantFrom(...zones),
    line: fc.constantFrom(...lines),
    day: fc.constantFrom(...days),
    minute: fc.integer({ min: 0, max: 2_880 }),
  });
  fc.assert(
    fc.property(place, ({ zone, line, day, minute }) => {
      const after = Date.parse(`${day}T00:00:00Z`) + minute * 60_000;
      const due = cronTimetable(line, zone).next(after);
      expect(due).toBe(plainNext(line, zone, after));
    }),
    { numRuns: 300 },
  );
});

test("the spread follows from flow and date, and stays within its limit", () => {
  const { program: made } = program({ kind: "cron", cron: "0 6 * * *", jitter: "30m" });
  const fired = (startMs: number): number => {
    const runs: Run[] = [];
    const hub = createVirtualHub({ program: made!, startMs, zone: "UTC", onRun: (run) => runs.push(run) });
    hub.event({ type: "start" });
    hub.advanceTo(startMs + 86_400_000);
    return runs.find(({ steps }) => steps.some(({ out }) => out.length > 0))!.nowMs;
  };
  const first = Date.parse("2026-01-01T00:00:00Z");
  const spreads = Array.from(
    { length: 20 },
    (_, day) => fired(first + day * 86_400_000) - first - day * 86_400_000,
  );
  for (const spread of spreads) {
    expect(spread).toBeGreaterThanOrEqual(6 * 3_600_000);
    expect(spread).toBeLessThanOrEqual(6.5 * 3_600_000);
  }
  expect(new Set(spreads).size).toBeGreaterThan(10);
  expect(fired(first)).toBe(first + spreads[0]!);
});

test("a machine that slept makes up for what it missed with one run", () => {
  const { program: made } = program({ every: "1s" });
  const runs: Run[] = [];
  const start = Date.parse("2026-01-01T00:00:00Z");
  const hub = createVirtualHub({
    program: made!,
    startMs: start,
    zone: "UTC",
    onRun: (run) => runs.push(run),
  });
  hub.event({ type: "start" });
  hub.restart(start + 3_600_000);
  expect(runs.flatMap(({ steps }) => steps.flatMap(({ out }) => out))).toHaveLength(1);
});

test("settings that cannot work are refused when the flow is saved", () => {
  expect(problems({ kind: "cron" })).toHaveLength(1);
  expect(problems({ kind: "cron", cron: "0 0 30 2 *" })).toHaveLength(1);
  expect(problems({ kind: "cron", cron: "0 25 * * *" })).toHaveLength(1);
  expect(problems({ every: "36h" })).toHaveLength(1);
  expect(problems({ every: "1m", jitter: "1m" })).toHaveLength(1);
  expect(problems({ every: "48h" })).toEqual([]);
});

/** Each minute of the coming days is held against the line, on the wall clock. */
function plainNext(line: string, zone: string, after: number): number | undefined {
  const isFixedHour = !/[*/]/.test(line.split(" ")[1]!);
  const due: number[] = [];
  const first = Math.floor((wallMsAt(after, zone) - 30 * 3_600_000) / 60_000) * 60_000;
  for (let wall = first; wall < first + 11 * 86_400_000; wall += 60_000) {
    if (!matches(line, wall)) continue;
    const instants = instantsOf(wall, zone);
    due.push(...(isFixedHour ? instants.slice(0, 1) : instants));
    if (due.some((instant) => instant > after && instant < wall - 20 * 3_600_000)) break;
  }
  return due.filter((instant) => instant > after).toSorted((a, b) => a - b)[0];
}

function matches(line: string, wallMs: number): boolean {
  const date = new Date(wallMs);
  const [minute = "", hour = "", , , weekday = ""] = line.split(" ");
  return (
    holds(minute, date.getUTCMinutes()) && holds(hour, date.getUTCHours()) && holds(weekday, date.getUTCDay())
  );
}

function holds(field: string, value: number): boolean {
  return field.split(",").some((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [low = "0", high = low] = range === "*" ? ["0", "59"] : range.split("-");
    return value >= Number(low) && value <= Number(high) && (value - Number(low)) % Number(step) === 0;
  });
}
