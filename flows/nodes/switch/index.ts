import { condition } from "../../expressions.ts";
import type { ConfigOf } from "../../field.ts";
import { choice, rows, text } from "../../fields.ts";
import { explanationText } from "../../logic/rule.ts";
import type { Message } from "../../message.ts";
import { type Command, type NodeContext, type Reaction, defineNode, emit } from "../../node.ts";
import { short } from "../sentences.ts";
import { caseProblems } from "./caseProblems.ts";

const fields = {
  cases: rows(
    "Cases",
    {
      name: text("Name", { help: "Also the name of the port.", lengthMax: 40 }),
      when: condition("When"),
    },
    { minimum: 1, maximum: 20 },
  ),
  mode: choice(
    "If several are true",
    [
      ["first", "Only the first one"],
      ["all", "All of them"],
    ],
    { default: "first" },
  ),
};

type Config = ConfigOf<typeof fields>;

/** Sends a message to the first case that is true, or to all of them. */
export const switchNode = defineNode({
  type: "switch",
  title: "Switch",
  summary: "Sends a message on by the first of several cases that is true, or by all of them.",
  group: "logic",
  icon: "split",
  synonyms: ["route", "branch", "choose", "case", "if else", "router"],
  fields,
  ports: ({ cases }) => [...(cases ?? []).map(({ name }) => name ?? ""), "else", "unknown"],
  sentence: ({ cases = [] }) => short(cases.map(({ name }) => name).join(" · ")) || "no cases yet",
  check: ({ cases, mode }) => caseProblems(cases, mode),
  receive: (message, { cases, mode }, context) =>
    mode === "all" ? sendToAll(message, cases, context) : sendToFirst(message, cases, context),
  examples: [
    {
      title: "Hot, warm or neither; a message without the value is unknown",
      config: {
        cases: [
          { name: "hot", when: { ">": [{ var: "payload.t" }, 30] } },
          { name: "warm", when: { ">": [{ var: "payload.t" }, 20] } },
        ],
      },
      steps: [
        { payload: { t: 31 }, gives: [["hot", { t: 31 }]] },
        { payload: { t: 25 }, gives: [["warm", { t: 25 }]] },
        { payload: { t: 5 }, gives: [["else", { t: 5 }]] },
        { payload: {}, gives: [["unknown", {}]] },
      ],
    },
    {
      title: "An unknown case does not block a later one that is true",
      config: {
        cases: [
          { name: "hot", when: { ">": [{ var: "payload.t" }, 30] } },
          { name: "open", when: { "==": [{ var: "payload.door" }, "open"] } },
        ],
      },
      steps: [{ payload: { door: "open" }, gives: [["open", { door: "open" }]] }],
    },
    {
      title: "All cases that are true, in the order of the list",
      config: {
        mode: "all",
        cases: [
          { name: "warm", when: { ">": [{ var: "payload" }, 20] } },
          { name: "hot", when: { ">": [{ var: "payload" }, 30] } },
        ],
      },
      steps: [
        {
          payload: 31,
          gives: [
            ["warm", 31],
            ["hot", 31],
          ],
        },
        { payload: 25, gives: [["warm", 25]] },
        { payload: 5, gives: [["else", 5]] },
      ],
    },
  ],
});

function sendToFirst(
  message: Message,
  cases: Config["cases"],
  { budget }: NodeContext<null>,
): Reaction<null> {
  let isUnknown = false;
  for (const { name, when } of cases) {
    const verdict = when.verdict(message, budget);
    if (verdict === true)
      return {
        commands: [emit(name, message)],
        why: () => `Case "${name}": ${explanationText(when.explain(message))}`,
      };
    isUnknown ||= verdict === "unknown";
  }
  return noCase(message, cases, isUnknown);
}

function sendToAll(message: Message, cases: Config["cases"], { budget }: NodeContext<null>): Reaction<null> {
  let isUnknown = false;
  const commands: Command[] = [];
  for (const { name, when } of cases) {
    const verdict = when.verdict(message, budget);
    if (verdict === true) commands.push(emit(name, message));
    isUnknown ||= verdict === "unknown";
  }
  if (commands.length === 0) return noCase(message, cases, isUnknown);
  return { commands, why: () => explainCases(message, cases) };
}

function noCase(message: Message, cases: Config["cases"], isUnknown: boolean): Reaction<null> {
  return {
    commands: [emit(isUnknown ? "unknown" : "else", message)],
    why: () => `No case is true. ${explainCases(message, cases)}`,
  };
}

function explainCases(message: Message, cases: Config["cases"]): string {
  return cases.map(({ name, when }) => `"${name}": ${explanationText(when.explain(message))}`).join("; ");
}
