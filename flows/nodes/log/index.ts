import { template } from "../../expressions.ts";
import { choice } from "../../fields.ts";
import { type Reaction, defineNode, emit, wake } from "../../node.ts";
import { short } from "../sentences.ts";

const LINES_PER_WINDOW = 10;
const WINDOW_MS = 1_000;

const fields = {
  text: template("Text", { default: "{{topic}} {{payload}}" }),
  level: choice(
    "Level",
    [
      ["debug", "Debug"],
      ["info", "Info"],
      ["warn", "Warning"],
      ["error", "Error"],
    ],
    { default: "info" },
  ),
};

interface State {
  /** ms since 1970; a second begins with its first line. */
  readonly since: number;
  /** Messages in that second. */
  readonly count: number;
}

/** Writes a line into the flow's log; more than ten a second are only counted. */
export const log = defineNode({
  type: "log",
  title: "Log",
  summary: "Writes a line into the log of the flow.",
  group: "action",
  icon: "scroll-text",
  synonyms: ["debug", "print", "console", "write", "logbook", "trace"],
  fields,
  ports: ["out"],
  fails: true,
  initial: (): State => ({ since: 0, count: 0 }),
  overdue: "fire",
  sentence: ({ text = "{{topic}} {{payload}}", level }) =>
    short(level === undefined ? text : `${level}: ${text}`),
  receive(message, { text, level }, { state, nowMs, zone }): Reaction<State, "out"> {
    const isOver = nowMs >= state.since + WINDOW_MS || nowMs < state.since;
    const window = isOver ? { since: nowMs, count: 1 } : { since: state.since, count: state.count + 1 };
    const out = emit("out", message);
    if (window.count <= LINES_PER_WINDOW)
      return { state: window, commands: [{ do: "log", level, text: text.render(message, zone) }, out] };
    const isFirstOver = window.count === LINES_PER_WINDOW + 1;
    return {
      state: window,
      commands: isFirstOver ? [wake("rest", window.since + WINDOW_MS), out] : [out],
      why: () => `Counted only: more than ${LINES_PER_WINDOW} lines in this second.`,
    };
  },
  wake(_timer, { level }, { state }): Reaction<State, "out"> {
    const more = state.count - LINES_PER_WINDOW;
    return {
      state: { since: 0, count: 0 },
      commands: more > 0 ? [{ do: "log", level, text: `${more} more` }] : [],
    };
  },
  examples: [
    {
      title: "Topic and payload, and the message goes on",
      config: {},
      steps: [
        {
          topic: "home/t",
          payload: { t: 21 },
          gives: [{ do: "log", level: "info", text: 'home/t {"t":21}' }, ["out", { t: 21 }]],
        },
      ],
    },
    {
      title: "25 messages in one second: ten lines, then one that counts the rest",
      config: { text: "n {{payload}}", level: "warn" },
      steps: [
        ...Array.from({ length: 10 }, (_, n) => ({
          atMs: n * 10,
          payload: n,
          gives: [{ do: "log", level: "warn", text: `n ${n}` }, ["out", n] as const],
        })),
        ...Array.from({ length: 15 }, (_, n) => ({
          atMs: 100 + n * 10,
          payload: n,
          gives: [["out", n] as const],
        })),
        { atMs: 1_000, gives: [{ do: "log", level: "warn", text: "15 more" }] },
        { atMs: 1_000, payload: 12, gives: [{ do: "log", text: "n 12" }, ["out", 12]] },
      ],
    },
    {
      title: "A stored value replayed at the start is not logged",
      config: {},
      steps: [{ payload: 1, initial: true, gives: [] }],
    },
  ],
});
