const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function due(local: string, weekday: number, instant: string) {
  const [date, time] = local.split(" ");
  return ["out", { date, time, weekday, dueAt: Date.parse(instant) }] as const;
}

/** The promises of the node. */
export const examples = [
  {
    title: "Every 15 minutes means at the quarters of the hour",
    config: {},
    startsAt: "2026-01-01T10:07:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 8 * MINUTE_MS, gives: [due("2026-01-01 10:15", 4, "2026-01-01T10:15:00Z")] },
      { atMs: 23 * MINUTE_MS, gives: [due("2026-01-01 10:30", 4, "2026-01-01T10:30:00Z")] },
    ],
  },
  {
    title: "Intervals are counted from local midnight",
    config: { every: "5h" },
    zone: "Asia/Kolkata",
    startsAt: "2026-01-01T13:00:00Z",
    steps: [
      { atMs: 0, event: { type: "deploy" }, gives: [] },
      { atMs: 90 * MINUTE_MS, gives: [due("2026-01-01 20:00", 4, "2026-01-01T14:30:00Z")] },
      { atMs: 330 * MINUTE_MS, gives: [due("2026-01-02 00:00", 5, "2026-01-01T18:30:00Z")] },
      { atMs: 630 * MINUTE_MS, gives: [due("2026-01-02 05:00", 5, "2026-01-01T23:30:00Z")] },
    ],
  },
  {
    title: "Half past two does not exist when the clocks go forward: it is due at three",
    config: { kind: "cron", cron: "30 2 * * *" },
    zone: "Europe/Berlin",
    startsAt: "2026-03-28T23:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 2 * HOUR_MS, gives: [due("2026-03-29 03:00", 7, "2026-03-29T01:00:00Z")] },
      { atMs: 25.5 * HOUR_MS, gives: [due("2026-03-30 02:30", 1, "2026-03-30T00:30:00Z")] },
    ],
  },
  {
    title: "Half past two comes twice when the clocks go back: it is due once, the first time",
    config: { kind: "cron", cron: "30 2 * * *" },
    zone: "Europe/Berlin",
    startsAt: "2026-10-24T22:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 2.5 * HOUR_MS, gives: [due("2026-10-25 02:30", 7, "2026-10-25T00:30:00Z")] },
      { atMs: 27 * HOUR_MS, gives: [] },
      { atMs: 27.5 * HOUR_MS, gives: [due("2026-10-26 02:30", 1, "2026-10-26T01:30:00Z")] },
    ],
  },
  {
    title: "Down from 05:59 to 06:02: the run of six o'clock comes late",
    config: { kind: "cron", cron: "0 6 * * *" },
    startsAt: "2026-01-01T05:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 59 * MINUTE_MS, down: true, gives: [] },
      { atMs: 62 * MINUTE_MS, gives: [due("2026-01-01 06:00", 4, "2026-01-01T06:00:00Z")] },
      { atMs: 25 * HOUR_MS, gives: [due("2026-01-02 06:00", 5, "2026-01-02T06:00:00Z")] },
    ],
  },
  {
    title: "Down for three hours: one run for the many that were missed within the limit",
    config: { every: "10m" },
    startsAt: "2026-01-01T05:01:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 1_000, down: true, gives: [] },
      { atMs: 3 * HOUR_MS, gives: [due("2026-01-01 08:00", 4, "2026-01-01T08:00:00Z")] },
      { atMs: 3 * HOUR_MS + 9 * MINUTE_MS, gives: [due("2026-01-01 08:10", 4, "2026-01-01T08:10:00Z")] },
    ],
  },
  {
    title: "Down for too long: what is older than the limit is skipped",
    config: { kind: "cron", cron: "0 6 * * *" },
    startsAt: "2026-01-01T05:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: HOUR_MS / 2, down: true, gives: [] },
      { atMs: 1.25 * HOUR_MS + 1, gives: [] },
      { atMs: 25 * HOUR_MS, gives: [due("2026-01-02 06:00", 5, "2026-01-02T06:00:00Z")] },
    ],
  },
  {
    title: "Or missed times are skipped always",
    config: { kind: "cron", cron: "0 6 * * *", missed: "skip" },
    startsAt: "2026-01-01T05:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 59 * MINUTE_MS, down: true, gives: [] },
      { atMs: 61 * MINUTE_MS, gives: [] },
      { atMs: 25 * HOUR_MS, gives: [due("2026-01-02 06:00", 5, "2026-01-02T06:00:00Z")] },
    ],
  },
  {
    title: "Only at weekends",
    config: { kind: "cron", cron: "0 9 * * *", days: ["sat", "sun"] },
    startsAt: "2026-01-02T12:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 21 * HOUR_MS, gives: [due("2026-01-03 09:00", 6, "2026-01-03T09:00:00Z")] },
      { atMs: 45 * HOUR_MS, gives: [due("2026-01-04 09:00", 7, "2026-01-04T09:00:00Z")] },
      { atMs: 150 * HOUR_MS, gives: [] },
    ],
  },
  {
    title: "A zone of its own",
    config: { kind: "cron", cron: "0 9 * * 1-5", zone: "America/New_York" },
    startsAt: "2026-01-02T12:00:00Z",
    steps: [
      { atMs: 0, event: { type: "start" }, gives: [] },
      { atMs: 2 * HOUR_MS, gives: [due("2026-01-02 09:00", 5, "2026-01-02T14:00:00Z")] },
    ],
  },
] as const;
