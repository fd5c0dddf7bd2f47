import { expect, test } from "vitest";
import { type AnyNode, defineNode } from "#flows/node.ts";
import { rankSpecs } from "./rankSpecs.ts";

const spec = (
  type: string,
  title: string,
  group: AnyNode["group"],
  more: Partial<AnyNode> = {},
): AnyNode => ({
  ...defineNode({
    type,
    title,
    group,
    summary: "Waits for nothing.",
    icon: "box",
    fields: {},
    ports: ["out"],
    sentence: () => "",
    examples: [],
  }),
  ...more,
});
const all = [
  spec("mqtt-in", "Message on a topic", "trigger", { synonyms: ["subscribe"] }),
  spec("filter", "Filter", "logic", { synonyms: ["if", "condition"] }),
  spec("delay", "Delay", "logic", { synonyms: ["wait"] }),
  spec("publish", "Publish", "action", { ports: [] }),
];
const types = (...query: Parameters<typeof rankSpecs> extends [unknown, ...infer Rest] ? Rest : never) =>
  rankSpecs(all, ...query).map(({ type }) => type);

test("titles count more than synonyms, and synonyms more than summaries", () => {
  expect(types({ text: "if" })).toEqual(["filter"]);
  expect(types({ text: "wait" })).toEqual(["delay", "mqtt-in", "filter", "publish"]);
  expect(types({ text: "topic" })).toEqual(["mqtt-in"]);
  expect(types({ text: "nonsense" })).toEqual([]);
});

test("only what fits the place is offered", () => {
  expect(types({ text: "", needsInput: true })).toEqual(["filter", "delay", "publish"]);
  expect(types({ text: "", needsInput: true, needsOutput: true })).toEqual(["filter", "delay"]);
});

test("what was used lately comes first, and triggers in an empty flow", () => {
  expect(types({ text: "", recent: ["delay", "publish"] })).toEqual([
    "delay",
    "publish",
    "mqtt-in",
    "filter",
  ]);
  expect(types({ text: "", recent: ["delay"], prefersTrigger: true })[0]).toBe("mqtt-in");
});
