import { durationValue, key } from "../../expressions.ts";
import { type ConfigOf, optional } from "../../field.ts";
import { choice, clock, number } from "../../fields.ts";
import { NodeError } from "../../errors.ts";
import { formatDuration } from "../../logic/duration.ts";
import type { Message } from "../../message.ts";
import { type NodeContext, type Reaction, cancel, defineNode, emit, wake } from "../../node.ts";
import { DAY_MS, instantsOf, wallMsAt } from "../localTime.ts";
import { short } from "../sentences.ts";

const PENDING_MAX = 1_000;

const fields = {
  for: optional(
    durationValue("Wait for", {
      help: "A time span such as 30s, or one computed from the message.",
      placeholder: "30s",
    }),
  ),
  until: optional(
    clock("Or until", { help: "A time of day in the hub's zone; one that has passed today means tomorrow." }),
  ),
  restart: choice(
    "If the hub was down when it was due",
    [
      ["fire", "Send it late"],
      ["skip", "Drop it"],
    ],
    { default: "fire", advanced: true },
  ),
  max: number("At most waiting for each key", {
    default: PENDING_MAX,
    minimum: 1,
    maximum: PENDING_MAX,
    integer: true,
    advanced: true,
    cosmetic: true,
  }),
  key: key(),
};

type Config = ConfigOf<typeof fields>;

interface State {
  /** What waits, oldest first; the id is also the name of its timer. */
  readonly waiting: readonly { readonly id: number; readonly message: Message }[];
}

/** Sends each message on later. A message at the input `cancel` drops what waits for its key. */
export const delay = defineNode({
  type: "delay",
  title: "Delay",
  summary: "Sends each message on later, after a time span or at a time of day.",
  group: "logic",
  icon: "timer",
  synonyms: ["wait", "later", "sleep", "postpone", "timer", "off delay"],
  fields,
  inputs: ["in", "cancel"],
  ports: ["out"],
  fails: true,
  initial: (): State => ({ waiting: [] }),
  overdue: ({ restart }) => restart,
  sentence: ({ for: span, until }) => {
    if (until !== undefined) return `until ${until}`;
    if (span === undefined) return "no time yet";
    return typeof span === "string" ? short(`${span} later`) : "later, by a computed time";
  },
  check(config) {
    const [span, until] = [config.for, config.until];
    if ((span === undefined) === (until === undefined))
      return [{ path: "for", message: "Set either a time span to wait for or a time of day to wait until." }];
    return [];
  },
  receive(message, config, context): Reaction<State, "out"> {
    const { state, input, nowMs } = context;
    if (input === "cancel") return dropAll(state);
    if (message.initial)
      return { commands: [emit("out", message)], why: () => "A stored value passes at once." };
    const atMs = dueAt(message, config, context);
    if (state.waiting.length >= config.max)
      throw new NodeError(
        "limit.timers",
        `${state.waiting.length} messages wait for "${context.key}" already.`,
      );
    const id = (state.waiting.at(-1)?.id ?? 0) + 1;
    return {
      state: { waiting: [...state.waiting, { id, message }] },
      commands: [wake(String(id), atMs)],
      why: () => `Waits for ${formatDuration(atMs - nowMs)}.`,
    };
  },
  wake(timer, _config, { state }): Reaction<State, "out"> {
    const due = state.waiting.find(({ id }) => String(id) === timer);
    if (due === undefined) return {};
    return {
      state: { waiting: state.waiting.filter((other) => other !== due) },
      commands: [emit("out", due.message)],
      why: () => "The wait is over.",
    };
  },
  examples: [
    {
      title: "A minute later, each message for itself",
      config: { for: "60s" },
      steps: [
        { atMs: 0, payload: "a", gives: [] },
        { atMs: 10_000, payload: "b", gives: [] },
        { atMs: 60_000, gives: [["out", "a"]] },
        { atMs: 70_000, gives: [["out", "b"]] },
      ],
    },
    {
      title: "A message at cancel drops what waits",
      config: { for: "60s" },
      steps: [
        { atMs: 0, payload: "a", gives: [] },
        { atMs: 10_000, payload: "b", gives: [] },
        { atMs: 20_000, input: "cancel", payload: "stop", gives: [] },
        { atMs: 300_000, gives: [] },
      ],
    },
    {
      title: "What became due while the hub was down comes late",
      config: { for: "60s" },
      steps: [
        { atMs: 0, payload: "a", gives: [] },
        { atMs: 10_000, payload: "b", gives: [] },
        { atMs: 50_000, down: true, gives: [] },
        { atMs: 65_000, gives: [["out", "a"]] },
        { atMs: 70_000, gives: [["out", "b"]] },
      ],
    },
    {
      title: "Or is dropped, where late is useless",
      config: { for: "60s", restart: "skip" },
      steps: [
        { atMs: 0, payload: "a", gives: [] },
        { atMs: 10_000, payload: "b", gives: [] },
        { atMs: 50_000, down: true, gives: [] },
        { atMs: 65_000, gives: [] },
        { atMs: 70_000, gives: [["out", "b"]] },
      ],
    },
    {
      title: "The message says how long",
      config: { for: { var: "payload.wait" } },
      steps: [
        { atMs: 0, payload: { wait: "2s" }, gives: [] },
        { atMs: 0, payload: { wait: 1_000 }, gives: [] },
        { atMs: 1_000, gives: [["out", { wait: 1_000 }]] },
        { atMs: 2_000, gives: [["out", { wait: "2s" }]] },
        { atMs: 3_000, payload: { wait: -5 }, gives: [["error", { wait: -5 }]] },
        { atMs: 4_000, payload: {}, gives: [["error", {}]] },
      ],
    },
    {
      title: "Until half past six; after half past six that is tomorrow",
      config: { until: "06:30" },
      zone: "Europe/Berlin",
      startsAt: "2026-01-01T05:00:00Z",
      steps: [
        { atMs: 0, payload: "early", gives: [] },
        { atMs: 30 * 60_000, gives: [["out", "early"]] },
        { atMs: 31 * 60_000, payload: "late", gives: [] },
        { atMs: 30 * 60_000 + 86_400_000, gives: [["out", "late"]] },
      ],
    },
    {
      title: "Half past two does not exist on the night the clocks go forward: three it is",
      config: { until: "02:30" },
      zone: "Europe/Berlin",
      startsAt: "2026-03-29T00:00:00Z",
      steps: [
        { atMs: 0, payload: "night", gives: [] },
        { atMs: 3_599_999, gives: [] },
        { atMs: 3_600_000, gives: [["out", "night"]] },
      ],
    },
    {
      title: "Keys wait and are cancelled apart from each other",
      config: { for: "60s" },
      steps: [
        { atMs: 0, topic: "a", payload: 1, gives: [] },
        { atMs: 0, topic: "b", payload: 2, gives: [] },
        { atMs: 1_000, topic: "a", input: "cancel", payload: 0, gives: [] },
        { atMs: 60_000, gives: [["out", 2]] },
      ],
    },
    {
      title: "A stored value passes at once",
      config: { for: "60s" },
      steps: [{ payload: 1, initial: true, gives: [["out", 1]] }],
    },
  ],
});

function dropAll({ waiting }: State): Reaction<State, "out"> {
  if (waiting.length === 0) return { why: () => "Nothing waits, so there is nothing to cancel." };
  return {
    state: { waiting: [] },
    commands: waiting.map(({ id }) => cancel(String(id))),
    why: () => `Cancelled ${waiting.length} waiting.`,
  };
}

function dueAt(message: Message, config: Config, { nowMs, budget, zone }: NodeContext<State>): number {
  if (config.until === undefined) return nowMs + (config.for?.msOf(message, budget) ?? 0);
  const wallMs = wallMsAt(nowMs, zone);
  const todayMs = wallMs - (wallMs % DAY_MS) + config.until * 1_000;
  const [today] = instantsOf(todayMs, zone);
  if (today !== undefined && today >= nowMs) return today;
  return instantsOf(todayMs + DAY_MS, zone)[0] ?? nowMs;
}
