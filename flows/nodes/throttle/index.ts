import { key } from "../../expressions.ts";
import { choice, duration } from "../../fields.ts";
import { formatDuration } from "../../logic/duration.ts";
import type { Message } from "../../message.ts";
import { type Reaction, defineNode, emit, wake } from "../../node.ts";

const fields = {
  every: duration("At most one per", { minimumMs: 1, placeholder: "10s" }),
  edge: choice(
    "Which one",
    [
      ["leading", "The first, at once"],
      ["trailing", "The last, at the end"],
      ["both", "The first at once and the last at the end"],
    ],
    { default: "leading" },
  ),
  key: key(),
};

interface State {
  /** ms since 1970; the interval is open until then. */
  readonly openUntil: number;
  /** Waits for the end of the interval. */
  readonly held: Message | null;
}

type Port = "out" | "dropped";

/** Lets at most one message pass in each interval; `dropped` carries what was suppressed. */
export const throttle = defineNode({
  type: "throttle",
  title: "Throttle",
  summary: "Lets at most one message pass in a given time.",
  group: "logic",
  icon: "gauge",
  synonyms: ["rate limit", "delay", "limit", "sample", "slow down", "anti-spam"],
  fields,
  ports: ["out", "dropped"],
  initial: (): State => ({ openUntil: 0, held: null }),
  overdue: "fire",
  sentence: ({ every = "no time yet", edge = "leading" }) =>
    `1 per ${every}, ${{ leading: "the first", trailing: "the last", both: "first and last" }[edge]}`,
  receive(message, { every, edge }, { state, nowMs }): Reaction<State, Port> {
    if (message.initial)
      return { commands: [emit("out", message)], why: () => "A stored value passes at once." };
    if (nowMs >= state.openUntil) return open(message, { every, edge, nowMs });
    const waitMs = state.openUntil - nowMs;
    if (edge === "leading")
      return {
        commands: [emit("dropped", message)],
        why: () => `Dropped: the next may pass in ${formatDuration(waitMs)}.`,
      };
    return {
      state: { ...state, held: message },
      commands: [state.held === null ? wake("end", state.openUntil) : emit("dropped", state.held)],
      why: () => `Held until the interval ends in ${formatDuration(waitMs)}.`,
    };
  },
  wake(_timer, { every }, { state, nowMs }): Reaction<State, Port> {
    if (state.held === null) return {};
    return {
      state: { openUntil: nowMs + every, held: null },
      commands: [emit("out", state.held)],
      why: () => "The interval ended: its last message.",
    };
  },
  examples: [
    {
      title: "Both: the first at once, the last at the end, which opens the next interval",
      config: { every: "10s", edge: "both" },
      steps: [
        { atMs: 0, payload: "a", gives: [["out", "a"]] },
        { atMs: 3_000, payload: "b", gives: [] },
        { atMs: 8_000, payload: "c", gives: [["dropped", "b"]] },
        { atMs: 10_000, gives: [["out", "c"]] },
        { atMs: 12_000, payload: "d", gives: [] },
        { atMs: 20_000, gives: [["out", "d"]] },
      ],
    },
    {
      title: "Leading: the first of each interval",
      config: { every: "10s" },
      steps: [
        { atMs: 0, payload: "a", gives: [["out", "a"]] },
        { atMs: 3_000, payload: "b", gives: [["dropped", "b"]] },
        { atMs: 8_000, payload: "c", gives: [["dropped", "c"]] },
        { atMs: 12_000, payload: "d", gives: [["out", "d"]] },
        { atMs: 22_000, payload: "e", gives: [["out", "e"]] },
      ],
    },
    {
      title: "Trailing: the last of each interval, at its end",
      config: { every: "10s", edge: "trailing" },
      steps: [
        { atMs: 0, payload: "a", gives: [] },
        { atMs: 4_000, payload: "b", gives: [["dropped", "a"]] },
        { atMs: 10_000, gives: [["out", "b"]] },
        { atMs: 30_000, payload: "c", gives: [] },
        { atMs: 40_000, gives: [["out", "c"]] },
      ],
    },
    {
      title: "Each topic has an interval of its own",
      config: { every: "10s" },
      steps: [
        { atMs: 0, topic: "a", payload: 1, gives: [["out", 1]] },
        { atMs: 1_000, topic: "b", payload: 2, gives: [["out", 2]] },
        { atMs: 2_000, topic: "a", payload: 3, gives: [["dropped", 3]] },
      ],
    },
    {
      title: "A message that waits while the hub restarts comes late, not never",
      config: { every: "10s", edge: "trailing" },
      steps: [
        { atMs: 0, payload: "a", gives: [] },
        { atMs: 5_000, down: true, gives: [] },
        { atMs: 12_000, gives: [["out", "a"]] },
      ],
    },
    {
      title: "A stored value passes and opens no interval",
      config: { every: "10s" },
      steps: [
        { atMs: 0, payload: 1, initial: true, gives: [["out", 1]] },
        { atMs: 1_000, payload: 2, gives: [["out", 2]] },
      ],
    },
  ],
});

function open(
  message: Message,
  { every, edge, nowMs }: { readonly every: number; readonly edge: string; readonly nowMs: number },
): Reaction<State, Port> {
  const openUntil = nowMs + every;
  if (edge !== "trailing")
    return {
      state: { openUntil, held: null },
      commands: [emit("out", message)],
      why: () => `The first of an interval of ${formatDuration(every)}.`,
    };
  return {
    state: { openUntil, held: message },
    commands: [wake("end", openUntil)],
    why: () => `Held until the interval ends in ${formatDuration(every)}.`,
  };
}
