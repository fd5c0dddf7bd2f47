import { key, value } from "../../expressions.ts";
import { optional } from "../../field.ts";
import { choice, duration, number } from "../../fields.ts";
import { formatDuration } from "../../logic/duration.ts";
import type { Message } from "../../message.ts";
import { type Reaction, cancel, defineNode, emit, wake } from "../../node.ts";
import { valueText } from "../sentences.ts";
import { differs } from "./differs.ts";

const fields = {
  value: value("Value", {
    default: { var: "payload" },
    help: "What is compared with the value sent on last.",
  }),
  by: number("By at least", {
    help: "0: any difference counts. Compared with the last value sent on, so a slow drift cannot escape.",
    default: 0,
    minimum: 0,
  }),
  unit: choice(
    "Measured",
    [
      ["abs", "In the value's own unit"],
      ["percent", "In percent of the last value"],
    ],
    { default: "abs" },
  ),
  first: choice(
    "First value",
    [
      ["emit", "Send it on"],
      ["quiet", "Only remember it"],
    ],
    { default: "emit" },
  ),
  heartbeat: optional(
    duration("Repeat after", {
      help: "Sends the last value again when nothing was sent for this long.",
      minimumMs: 1_000,
      advanced: true,
    }),
  ),
  key: key(),
};

interface State {
  /** The value sent on last; absent while there is none. */
  readonly last?: unknown;
  /** What the heartbeat repeats. */
  readonly message?: Message;
}

/** Report by exception: passes a message only when its value differs enough from the last one that passed. */
export const changed = defineNode({
  type: "changed",
  title: "Changed",
  summary: "Lets a message pass only when its value differs enough from the last one that passed.",
  group: "logic",
  icon: "diff",
  synonyms: ["report by exception", "rbe", "deadband", "distinct", "unique", "filter duplicates"],
  fields,
  ports: ["out"],
  initial: (): State => ({}),
  overdue: "fire",
  sentence({ value: source = { var: "payload" }, by = 0, unit }) {
    const amount = by === 0 ? "" : ` by ${by}${unit === "percent" ? " %" : ""}`;
    return `${valueText(source)} changed${amount}`;
  },
  receive(message, config, { state, nowMs, budget }): Reaction<State, "out"> {
    const { value: compared, first, heartbeat, by, unit } = config;
    const found = compared.of(message, budget);
    if (found === undefined || found === null || Number.isNaN(found))
      return { unknown: true, why: () => "The value is missing, so nothing is compared." };
    const isFirst = !("last" in state);
    const difference = isFirst ? undefined : differs(state.last, found, { by, unit });
    if (difference === "not a number")
      return { unknown: true, why: () => `${JSON.stringify(found)} is no number, so nothing is compared.` };
    if (difference?.differs === false) return { why: () => difference.why };
    const isQuiet = message.initial || (isFirst && first === "quiet");
    return {
      state: heartbeat === undefined ? { last: found } : { last: found, message },
      commands: [
        ...(isQuiet ? [] : [emit("out", message)]),
        ...(heartbeat === undefined || message.initial ? [] : [wake("heartbeat", nowMs + heartbeat)]),
      ],
      why: () => (isQuiet ? "Remembered only." : (difference?.why ?? "The first value.")),
    };
  },
  wake(_timer, { heartbeat }, { state, nowMs }): Reaction<State, "out"> {
    if (heartbeat === undefined || state.message === undefined) return { commands: [cancel("heartbeat")] };
    return {
      commands: [emit("out", state.message), wake("heartbeat", nowMs + heartbeat)],
      why: () => `Nothing was sent for ${formatDuration(heartbeat)}: the last value again.`,
    };
  },
  examples: [
    {
      title: "A change of half a degree passes",
      config: { by: 0.5 },
      steps: [
        { payload: 20.0, gives: [["out", 20]] },
        { payload: 20.3, gives: [] },
        { payload: 20.5, gives: [["out", 20.5]] },
        { payload: 20.9, gives: [] },
        { payload: 21.0, gives: [["out", 21]] },
      ],
    },
    {
      title: "A slow drift cannot escape: the comparison is with the value sent on last",
      config: { by: 0.5 },
      steps: [
        { payload: 20, gives: [["out", 20]] },
        { payload: 20.4, gives: [] },
        { payload: 20.8, gives: [["out", 20.8]] },
        { payload: 21.2, gives: [] },
        { payload: 21.6, gives: [["out", 21.6]] },
      ],
    },
    {
      title: "From 0.2 to 0.3 counts as 0.1",
      config: { by: 0.1 },
      steps: [
        { payload: 0.2, gives: [["out", 0.2]] },
        { payload: 0.3, gives: [["out", 0.3]] },
      ],
    },
    {
      title: "Any difference, also inside an object; the order of its keys does not matter",
      config: {},
      steps: [
        { payload: { a: 1, b: [2] }, gives: [["out", { a: 1, b: [2] }]] },
        { payload: { b: [2], a: 1 }, gives: [] },
        { payload: { a: 1, b: [3] }, gives: [["out", { a: 1, b: [3] }]] },
      ],
    },
    {
      title: "Ten percent; after 0 every difference counts",
      config: { by: 10, unit: "percent" },
      steps: [
        { payload: 100, gives: [["out", 100]] },
        { payload: 109, gives: [] },
        { payload: 110, gives: [["out", 110]] },
        { payload: 0, gives: [["out", 0]] },
        { payload: 0.001, gives: [["out", 0.001]] },
      ],
    },
    {
      title: "The first value can be remembered quietly",
      config: { first: "quiet" },
      steps: [
        { payload: "ON", gives: [] },
        { payload: "ON", gives: [] },
        { payload: "OFF", gives: [["out", "OFF"]] },
      ],
    },
    {
      title: "A missing value or one that is no number changes nothing",
      config: { value: { var: "payload.t" }, by: 1 },
      steps: [
        { payload: { t: 20 }, gives: [["out", { t: 20 }]] },
        { payload: {}, gives: [] },
        { payload: { t: "warm" }, gives: [] },
        { payload: { t: "21" }, gives: [["out", { t: "21" }]] },
      ],
    },
    {
      title: "A retained value read at the start is the level, not a change",
      config: {},
      steps: [
        { payload: 20, initial: true, gives: [] },
        { payload: 20, gives: [] },
        { payload: 21, gives: [["out", 21]] },
      ],
    },
    {
      title: "The heartbeat repeats the last value after a minute of quiet",
      config: { heartbeat: "60s" },
      steps: [
        { atMs: 0, payload: 20, gives: [["out", 20]] },
        { atMs: 40_000, payload: 20, gives: [] },
        { atMs: 60_000, gives: [["out", 20]] },
        { atMs: 90_000, payload: 21, gives: [["out", 21]] },
        { atMs: 149_999, gives: [] },
        { atMs: 150_000, gives: [["out", 21]] },
      ],
    },
    {
      title: "Each topic has a value of its own",
      config: {},
      steps: [
        { topic: "a/t", payload: 20, gives: [["out", 20]] },
        { topic: "b/t", payload: 20, gives: [["out", 20]] },
        { topic: "a/t", payload: 20, gives: [] },
      ],
    },
  ],
});
