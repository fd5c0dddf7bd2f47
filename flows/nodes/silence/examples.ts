import type { Step } from "../../node.ts";

const START_MS = Date.parse("2026-01-01T00:00:00Z");

const live = (payload: unknown, topic = "meter") => ({ type: "topic", topic, payload }) as const;
const silent = (lastSeenMs: number, forMs: number) =>
  ["silent", { lastSeen: START_MS + lastSeenMs, for: forMs }] as const;
const returned = (silentFor: number) => ["returned", { silentFor }] as const;

/** A meter that reports every 20 seconds, nine times. */
const nineReports: readonly Step<"silent" | "returned">[] = Array.from({ length: 9 }, (_, report) => ({
  atMs: report * 20_000,
  event: live(report),
  gives: [],
}));

/** The promises of the node. */
export const examples = [
  {
    title: "Whatever a device says, on any topic, is a sign of its life; other devices do not help it",
    config: { device: "boiler", for: "60s" },
    steps: [
      { atMs: 0, event: { type: "topic", topic: "tele/a", device: "boiler", payload: 1 }, gives: [] },
      { atMs: 30_000, event: { type: "topic", topic: "stat/b", device: "boiler", payload: "ON" }, gives: [] },
      { atMs: 60_000, event: { type: "topic", topic: "tele/a", device: "other", payload: 1 }, gives: [] },
      { atMs: 90_000, gives: [silent(30_000, 60_000)] },
    ],
  },
  {
    title: "A minute after the last message; the next one ends it",
    config: { filters: ["meter"], for: "60s" },
    steps: [
      { atMs: 0, event: live(1), gives: [] },
      { atMs: 59_000, event: live(2), gives: [] },
      { atMs: 118_999, gives: [] },
      { atMs: 119_000, gives: [silent(59_000, 60_000)] },
      { atMs: 130_000, event: live(3), gives: [returned(71_000)] },
      { atMs: 131_000, event: live(4), gives: [] },
    ],
  },
  {
    title: "While the hub is down nobody can be heard: the time is added",
    config: { filters: ["meter"], for: "60s" },
    steps: [
      { atMs: 0, event: live(1), gives: [] },
      { atMs: 20_000, down: true, gives: [] },
      { atMs: 80_000, gives: [] },
      { atMs: 119_999, gives: [] },
      { atMs: 120_000, gives: [silent(0, 120_000)] },
    ],
  },
  {
    title: "A stored value is no sign of life",
    config: { filters: ["meter"], for: "60s" },
    steps: [
      { atMs: 0, event: { type: "topic", topic: "meter", payload: 1, initial: true }, gives: [] },
      { atMs: 300_000, gives: [] },
    ],
  },
  {
    title: "Each topic is silent by itself",
    config: { filters: ["meter/+"], for: "60s" },
    steps: [
      { atMs: 0, event: live(1, "meter/a"), gives: [] },
      { atMs: 30_000, event: live(1, "meter/b"), gives: [] },
      { atMs: 60_000, gives: [silent(0, 60_000)] },
      { atMs: 90_000, gives: [silent(30_000, 60_000)] },
    ],
  },
  {
    title: "Auto: three usual intervals, once eight are known",
    config: { filters: ["meter"] },
    steps: [
      ...nineReports,
      { atMs: 219_999, gives: [] },
      { atMs: 220_000, gives: [silent(160_000, 60_000)] },
    ],
  },
  {
    title: "Auto: nothing before the interval is known",
    config: { filters: ["meter"] },
    steps: [...nineReports.slice(0, 8), { atMs: 900_000, gives: [] }],
  },
  {
    title: "Only some messages are a sign of life",
    config: { filters: ["panel"], for: "30s", when: { "==": [{ var: "payload.state" }, "ok"] } },
    steps: [
      { atMs: 0, event: live({ state: "ok" }, "panel"), gives: [] },
      { atMs: 20_000, event: live({ state: "fault" }, "panel"), gives: [] },
      { atMs: 25_000, event: live({}, "panel"), gives: [] },
      { atMs: 30_000, gives: [silent(0, 30_000)] },
    ],
  },
  {
    title: "It tells again while the silence lasts",
    config: { filters: ["meter"], for: "60s", repeat: "5m" },
    steps: [
      { atMs: 0, event: live(1), gives: [] },
      { atMs: 60_000, gives: [silent(0, 60_000)] },
      { atMs: 360_000, gives: [silent(0, 360_000)] },
      { atMs: 400_000, event: live(2), gives: [returned(400_000)] },
      { atMs: 460_000, gives: [silent(400_000, 60_000)] },
      { atMs: 660_000, gives: [] },
      { atMs: 760_000, gives: [silent(400_000, 360_000)] },
    ],
  },
  {
    title: "A fire panel that was never heard at all",
    config: { filters: ["panel", "siren"], for: "30s", neverSeen: "fire" },
    steps: [
      { atMs: 0, event: { type: "deploy" }, gives: [] },
      { atMs: 10_000, event: live("ok", "siren"), gives: [] },
      { atMs: 30_000, gives: [["silent", { lastSeen: null, for: 30_000 }]] },
      { atMs: 40_000, gives: [silent(10_000, 30_000)] },
      { atMs: 50_000, event: live("ok", "panel"), gives: [returned(50_000)] },
      { atMs: 60_000, event: { type: "deploy" }, gives: [] },
    ],
  },
] as const;
