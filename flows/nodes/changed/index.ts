import { key, value } from "../../expressions.ts";
import { optional } from "../../field.ts";
import { choice, duration, number } from "../../fields.ts";
import { formatDuration } from "../../logic/duration.ts";
import { toNumber } from "../../logic/number.ts";
import type { Message } from "../../message.ts";
import { type Reaction, cancel, defineNode, emit, wake } from "../../node.ts";
import { quoted } from "../../problem.ts";
import { valueText } from "../sentences.ts";
import { differs } from "./differs.ts";
import { examples } from "./examples.ts";

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
  /** Only stored values came so far: they arm no timer. */
  readonly isIdle?: true;
}

type ChangedReaction = Reaction<State, "out">;

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
  receive(message, config, { state, nowMs, budget }): ChangedReaction {
    const found = config.value.of(message, budget);
    if (found === undefined || found === null || Number.isNaN(found))
      return { unknown: true, why: () => "The value is missing, so nothing is compared." };
    if (config.by > 0 && toNumber(found) === undefined)
      return { unknown: true, why: () => `${quoted(found)} is no number, so nothing is compared.` };
    const difference = "last" in state ? differs(state.last, found, config) : undefined;
    if (difference?.differs === false) {
      const { why } = difference;
      const { isIdle, ...awake } = state;
      if (config.heartbeat === undefined || isIdle !== true || message.initial) return { why: () => why };
      return { state: awake, commands: [wake("heartbeat", nowMs + config.heartbeat)], why: () => why };
    }
    const isQuiet = message.initial || (difference === undefined && config.first === "quiet");
    const beat = config.heartbeat;
    return {
      state: beat === undefined ? { last: found } : { last: found, ...kept(message, state) },
      commands: [
        ...(isQuiet ? [] : [emit("out", message)]),
        ...(beat === undefined || message.initial ? [] : [wake("heartbeat", nowMs + beat)]),
      ],
      why: () => (isQuiet ? "Remembered only." : (difference?.why ?? "The first value.")),
    };
  },
  wake(_timer, { heartbeat }, { state, nowMs }): ChangedReaction {
    if (heartbeat === undefined || state.message === undefined) return { commands: [cancel("heartbeat")] };
    return {
      commands: [emit("out", state.message), wake("heartbeat", nowMs + heartbeat)],
      why: () => `Nothing was sent for ${formatDuration(heartbeat)}: the last value again.`,
    };
  },
  examples,
});

/** What the heartbeat needs; a stored value becomes news when it is repeated. */
function kept(message: Message, { message: before, isIdle }: State): Omit<State, "last"> {
  if (!message.initial) return { message };
  const stays = before === undefined || isIdle === true;
  return { message: { ...message, initial: false }, ...(stays && { isIdle: true }) };
}
