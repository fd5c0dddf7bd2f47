import { expect, test } from "vitest";
import { nodes } from "./index.ts";
import { conditionText, valueText } from "./sentences.ts";

test.each(nodes.map((node) => [node.type, node] as const))(
  "the card of a fresh %s says something",
  (_type, node) => {
    const sentence = node.sentence({});
    expect(sentence).not.toBe("");
    expect(sentence).not.toMatch(/undefined|null|NaN|\[object/);
  },
);

test.each([
  [{ ">": [{ var: "payload.temp" }, 6] }, "temp above 6"],
  [
    { and: [{ "!==": [{ var: "payload.temp" }, null] }, { "<": [{ var: "payload.temp" }, 6] }] },
    "temp below 6",
  ],
  [
    { or: [{ "==": [{ var: "payload.on" }, true] }, { "!": [{ var: "payload.off" }] }] },
    "on is true or not (off)",
  ],
  [{ ">=": [{ val: ["payload", "PMS5003", "PM2.5"] }, 25] }, "PMS5003.PM2.5 at least 25"],
  [{ in: [{ var: "params.room" }, ["hall", "attic"]] }, "params.room in hall, attic"],
  [{ some: [{ var: "payload.list" }, { ">": [{ var: "" }, 1] }] }, "by a rule"],
  [true, "always"],
])("the condition %j reads", (rule, sentence) => {
  expect(conditionText(rule)).toBe(sentence);
});

test("a long condition is cut to the width of a card", () => {
  const rows = Array.from({ length: 20 }, (_, row) => ({ ">": [{ var: `payload.field${row}` }, row] }));
  expect(conditionText({ and: rows })).toHaveLength(60);
});

test("a value reads as its field, itself, or a rule", () => {
  expect(valueText({ var: "payload.t" })).toBe("t");
  expect(valueText({ var: "payload" })).toBe("payload");
  expect(valueText(5)).toBe("5");
  expect(valueText({ "+": [1, 2] })).toBe("a rule");
});
