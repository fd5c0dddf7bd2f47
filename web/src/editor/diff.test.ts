import { expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import { changesBetween, sameJson } from "./diff.ts";

const flow: FlowDocument = {
  millrace: 1,
  id: "f",
  name: "F",
  nodes: { a: { type: "trigger" }, b: { type: "branch", name: "Judge", config: { limit: 3 } } },
  wires: [{ from: "a", to: "b" }],
  layout: { a: [0, 0], b: [280, 0] },
};

test("moving a node or writing a test is no change of what runs", () => {
  const moved = {
    ...flow,
    layout: { a: [8, 8], b: [280, 0] },
    tests: [{ name: "t", given: [], expect: [] }],
  } as const;
  expect(changesBetween(flow, moved)).toEqual([]);
});

test("every difference in behaviour is told in words", () => {
  const draft: FlowDocument = {
    ...flow,
    name: "G",
    nodes: {
      b: { type: "branch", name: "Judge", config: { limit: 4 }, disabled: true },
      c: { type: "action" },
    },
    wires: [{ from: "b", to: "c" }],
  };
  expect(changesBetween(flow, draft).map(({ text }) => text)).toEqual([
    "“Judge”: limit 3 → 4",
    "“Judge”: switched off",
    "“c” added",
    "“a” removed",
    "Wire b → c",
    "Wire a → b",
    "Name is now “G”",
  ]);
});

test("before the first deploy everything is new", () => {
  expect(changesBetween(null, flow)).toHaveLength(2);
});

test("the order of keys does not count, the order of items does", () => {
  expect(sameJson({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(sameJson([1, 2], [2, 1])).toBe(false);
  expect(sameJson({ a: undefined }, { b: 1 })).toBe(false);
  expect(sameJson([], {})).toBe(false);
});
