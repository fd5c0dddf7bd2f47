import { condition } from "../../expressions.ts";
import type { ConfigOf } from "../../field.ts";
import { choice } from "../../fields.ts";
import { explanationText } from "../../logic/rule.ts";
import { defineNode, emit } from "../../node.ts";
import { conditionText } from "../sentences.ts";

const fields = {
  when: condition("Let pass when"),
  onUnknown: choice(
    "When a value is missing",
    [
      ["drop", "Drop the message"],
      ["else", "Send it to else"],
      ["pass", "Let it pass"],
    ],
    {
      help: "A condition on a field that the message does not have is neither true nor false.",
      default: "drop",
      advanced: true,
    },
  ),
};

/** Lets messages pass for which a condition is true. */
export const filter = defineNode({
  type: "filter",
  title: "Filter",
  summary: "Lets messages pass for which a condition is true, and sends the others to else.",
  group: "logic",
  icon: "funnel",
  synonyms: ["if", "condition", "where", "only when", "switch", "numeric state"],
  fields,
  ports: ["out", "else"],
  sentence: ({ when }) => (when === undefined ? "no condition yet" : conditionText(when)),
  receive(message, { when, onUnknown }, { budget }) {
    const verdict = when.verdict(message, budget);
    const why = () => explanationText(when.explain(message));
    const port = portFor(verdict, onUnknown);
    if (port === undefined) return { unknown: true, why: () => `Dropped: ${why()}` };
    return { commands: [emit(port, message)], why };
  },
  examples: [
    {
      title: "Lets values below 20 pass; a missing one is neither below nor above",
      config: { when: { "<": [{ var: "payload.v" }, 20] } },
      steps: [
        { payload: { v: 19 }, gives: [["out", { v: 19 }]] },
        { payload: { v: 20 }, gives: [["else", { v: 20 }]] },
        { payload: {}, gives: [] },
        { payload: { v: "19.5" }, gives: [["out", { v: "19.5" }]] },
        { payload: { v: null }, gives: [] },
      ],
    },
    {
      title: "A message without the value can go to else",
      config: { when: { "<": [{ var: "payload.v" }, 20] }, onUnknown: "else" },
      steps: [{ payload: {}, gives: [["else", {}]] }],
    },
    {
      title: "A message without the value can pass",
      config: { when: { "<": [{ var: "payload.v" }, 20] }, onUnknown: "pass" },
      steps: [{ payload: {}, gives: [["out", {}]] }],
    },
    {
      title: "Not below 20 is unknown too where the value is missing",
      config: { when: { "!": [{ "<": [{ var: "payload.t" }, 20] }] } },
      steps: [
        { payload: {}, gives: [] },
        { payload: { t: 21 }, gives: [["out", { t: 21 }]] },
      ],
    },
    {
      title: "Asking for null on purpose is always answered",
      config: { when: { "==": [{ var: "payload.t" }, null] } },
      steps: [
        { payload: {}, gives: [["out", {}]] },
        { payload: { t: 3 }, gives: [["else", { t: 3 }]] },
      ],
    },
    {
      title: "One true branch of an or is enough, whatever is missing in the other",
      config: {
        when: { or: [{ "<": [{ var: "payload.t" }, 20] }, { "==": [{ var: "payload.mode" }, "test"] }] },
      },
      steps: [
        { payload: { mode: "test" }, gives: [["out", { mode: "test" }]] },
        { payload: { mode: "live" }, gives: [] },
      ],
    },
    {
      title: "A named level of the topic decides",
      config: { when: { in: [{ var: "levels.1" }, ["kitchen", "hall"]] } },
      steps: [
        { topic: "home/hall/motion", payload: "ON", gives: [["out", "ON"]] },
        { topic: "home/attic/motion", payload: "ON", gives: [["else", "ON"]] },
      ],
    },
  ],
});

function portFor(
  verdict: boolean | "unknown",
  onUnknown: ConfigOf<typeof fields>["onUnknown"],
): "out" | "else" | undefined {
  if (verdict === true) return "out";
  if (verdict === false) return "else";
  if (onUnknown === "drop") return undefined;
  return onUnknown === "pass" ? "out" : "else";
}
