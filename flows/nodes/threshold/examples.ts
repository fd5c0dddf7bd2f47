import type { Step } from "../../node.ts";

type Port = "raise" | "ease" | "clear";

const heat = [{ severity: "warning", set: 30, clear: 28, for: "60s", clearFor: "10s" }] as const;
const minute = [{ severity: "warning", set: 30, for: "60s" }] as const;
const ladder = [
  { severity: "warning", set: 30 },
  { severity: "critical", set: 40 },
] as const;

/** A sensor that reports every second, so that its interval is known. */
const everySecond: readonly Step<Port>[] = Array.from({ length: 10 }, (_, second) => ({
  atMs: second * 1_000,
  payload: 20,
  gives: [],
}));

/** The promises of the node. */
export const examples = [
  {
    title: "Too warm for a minute raises; back for ten seconds clears; between both limits nothing changes",
    config: { levels: heat, silence: "holds" },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 40_000, payload: 32, gives: [] },
      { atMs: 59_999, gives: [] },
      { atMs: 60_000, gives: [["raise", 32]] },
      { atMs: 70_000, payload: 29, gives: [] },
      { atMs: 80_000, payload: 27, gives: [] },
      { atMs: 90_000, gives: [["clear", 27]] },
    ],
  },
  {
    title: "Back at the limit a second before the minute is over: nothing",
    config: { levels: minute },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 59_000, payload: 30, gives: [] },
      { atMs: 300_000, gives: [] },
    ],
  },
  {
    title: "A message that comes exactly at the deadline comes too late to stop it",
    config: { levels: minute },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      {
        atMs: 60_000,
        payload: 29,
        gives: [
          ["raise", 31],
          ["clear", 29],
        ],
      },
    ],
  },
  {
    title: "A message without the value breaks nothing",
    config: { value: { var: "payload.t" }, levels: minute },
    steps: [
      { atMs: 0, payload: { t: 31 }, gives: [] },
      { atMs: 30_000, payload: {}, gives: [] },
      { atMs: 40_000, payload: { t: "warm" }, gives: [] },
      { atMs: 50_000, payload: { t: null }, gives: [] },
      { atMs: 60_000, gives: [["raise", { t: 31 }]] },
    ],
  },
  {
    title: "A ladder tells only when the severity changes",
    config: { levels: ladder },
    steps: [
      { payload: 45, gives: [["raise", 45]] },
      { payload: 46, gives: [] },
      { payload: 35, gives: [["ease", 35]] },
      { payload: 30, gives: [] },
      { payload: 29, gives: [["clear", 29]] },
      { payload: 31, gives: [["raise", 31]] },
      { payload: 41, gives: [["raise", 41]] },
      { payload: 5, gives: [["clear", 5]] },
    ],
  },
  {
    title: "Below a limit every sign is mirrored",
    config: { side: "below", levels: [{ severity: "major", set: 5, clear: 6 }] },
    steps: [
      { payload: 5, gives: [] },
      { payload: 4.9, gives: [["raise", 4.9]] },
      { payload: 6, gives: [] },
      { payload: 6.1, gives: [["clear", 6.1]] },
    ],
  },
  {
    title: "The first value between both limits raises nothing",
    config: { levels: [{ severity: "warning", set: 30, clear: 28 }] },
    steps: [
      { payload: 29, gives: [] },
      { payload: 27, gives: [] },
    ],
  },
  {
    title: "The hub was down when the minute ended: the next value confirms it, and it fires late",
    config: { levels: heat },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 40_000, payload: 32, gives: [] },
      { atMs: 50_000, down: true, gives: [] },
      { atMs: 70_000, gives: [] },
      { atMs: 75_000, payload: 31, gives: [["raise", 31]] },
      { atMs: 76_000, payload: 31, gives: [] },
    ],
  },
  {
    title: "The hub was down and the value is fine by now: nothing",
    config: { levels: minute },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 50_000, down: true, gives: [] },
      { atMs: 70_000, gives: [] },
      { atMs: 75_000, payload: 25, gives: [] },
      { atMs: 400_000, gives: [] },
    ],
  },
  {
    title:
      "The hub was down and no value comes within two minutes: it fires unverified, never lost in silence",
    config: { levels: minute },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 50_000, down: true, gives: [] },
      { atMs: 70_000, gives: [] },
      { atMs: 189_999, gives: [] },
      { atMs: 190_000, gives: [["raise", 31]] },
    ],
  },
  {
    title: "A retained value read after the restart confirms as well",
    config: { levels: minute },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 50_000, down: true, gives: [] },
      { atMs: 70_000, payload: 31, initial: true, gives: [["raise", 31]] },
    ],
  },
  {
    title: "The downtime counts where the minute ends after it",
    config: { levels: minute },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 20_000, down: true, gives: [] },
      { atMs: 40_000, gives: [] },
      { atMs: 60_000, gives: [["raise", 31]] },
    ],
  },
  {
    title: "A stored value sets the level and tells nobody",
    config: { levels: ladder },
    steps: [
      { payload: 31, initial: true, gives: [] },
      { payload: 32, gives: [] },
      { payload: 41, gives: [["raise", 41]] },
      { payload: 29, gives: [["clear", 29]] },
    ],
  },
  {
    title: "A stored value can be judged like a new one",
    config: { levels: minute, initial: "judge" },
    steps: [
      { atMs: 0, payload: 31, initial: true, gives: [] },
      { atMs: 60_000, gives: [["raise", 31]] },
    ],
  },
  {
    title: "A sensor that reports every second and falls silent is not warm for a minute",
    config: { levels: minute },
    steps: [...everySecond, { atMs: 10_000, payload: 31, gives: [] }, { atMs: 200_000, gives: [] }],
  },
  {
    title: "Unless the last value is said to count on",
    config: { levels: minute, silence: "holds" },
    steps: [
      ...everySecond,
      { atMs: 10_000, payload: 31, gives: [] },
      { atMs: 70_000, gives: [["raise", 31]] },
    ],
  },
  {
    title: "A silent sensor leaves a raised level raised",
    config: { levels: [{ severity: "warning", set: 30, clearFor: "60s" }] },
    steps: [
      ...everySecond,
      { atMs: 10_000, payload: 31, gives: [["raise", 31]] },
      { atMs: 11_000, payload: 25, gives: [] },
      { atMs: 200_000, gives: [] },
      { atMs: 200_000, payload: 25, gives: [] },
    ],
  },
  {
    title: "One value alone does not hold where silence breaks",
    config: { levels: minute, silence: "breaks" },
    steps: [
      { atMs: 0, payload: 31, gives: [] },
      { atMs: 60_000, gives: [] },
      { atMs: 70_000, payload: 31, gives: [] },
      { atMs: 100_000, payload: 31, gives: [] },
      { atMs: 130_000, gives: [["raise", 31]] },
    ],
  },
  {
    title: "Two levels with times of their own; both at once are one message",
    config: {
      levels: [
        { severity: "warning", set: 30, for: "60s" },
        { severity: "critical", set: 40, for: "60s" },
      ],
    },
    steps: [
      { atMs: 0, payload: 45, gives: [] },
      { atMs: 60_000, gives: [["raise", 45]] },
      { atMs: 61_000, payload: 35, gives: [["ease", 35]] },
    ],
  },
  {
    title: "Each topic has levels of its own",
    config: { levels: [{ severity: "warning", set: 30 }] },
    steps: [
      { topic: "north/t", payload: 31, gives: [["raise", 31]] },
      { topic: "south/t", payload: 31, gives: [["raise", 31]] },
      { topic: "north/t", payload: 32, gives: [] },
    ],
  },
] as const;
