import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBudget } from "#flows/logic/budget.ts";
import { compileRule } from "#flows/logic/rule.ts";
import {
  type CompareId,
  type ConditionGroup,
  type ConditionPart,
  comparisons,
  newRow,
  readCondition,
  readerOf,
  withComparison,
  writeCondition,
} from "./conditions.ts";

const paths = fc.constantFrom(
  "payload",
  "payload.t",
  "payload.list[0].x",
  'payload["PM2.5"]',
  "device.id",
  "params.room",
);
const literals = fc.oneof(
  fc.integer({ min: -50, max: 50 }),
  fc.boolean(),
  fc.constantFrom("on", "off", "a b", "21"),
);
const operand = (compare: CompareId) =>
  compare === "one-of"
    ? fc.record({ kind: fc.constant("literal" as const), value: fc.array(literals, { maxLength: 3 }) })
    : fc.oneof(
        fc.record({ kind: fc.constant("literal" as const), value: literals }),
        fc.record({ kind: fc.constant("field" as const), path: paths }),
      );
const row = fc.constantFrom(...comparisons).chain(({ id, operandCount }) =>
  fc.record({
    kind: fc.constant("row" as const),
    path: paths,
    compare: fc.constant(id),
    operands: fc.tuple(...Array.from({ length: operandCount }, () => operand(id))),
    guarded: fc.constant(operandCount > 0),
  }),
);
const group = (depth: number): fc.Arbitrary<ConditionGroup> =>
  fc.record({
    kind: fc.constant("group" as const),
    match: fc.constantFrom("all" as const, "any" as const, "none" as const),
    parts: fc.array<ConditionPart>(depth > 0 ? fc.oneof(row, group(depth - 1)) : row, {
      minLength: 2,
      maxLength: 4,
    }),
  });

describe("what the builder writes", () => {
  test("it reads back as the same rows and groups", () => {
    fc.assert(
      fc.property(group(3), (condition) => {
        expect(readCondition(writeCondition(condition))).toEqual(condition);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is a comparison that other JsonLogic engines judge the same: guarded against a missing field", () => {
    expect(writeCondition({ kind: "group", match: "all", parts: [newRow("payload.celsius", 20)] })).toEqual({
      and: [{ "!==": [{ var: "payload.celsius" }, null] }, { ">": [{ var: "payload.celsius" }, 20] }],
    });
  });

  test("reaches keys that hold a dot", () => {
    expect(readerOf('payload.PMS5003["PM2.5"]')).toEqual({ val: ["payload", "PMS5003", "PM2.5"] });
    expect(readerOf("payload.t")).toEqual({ var: "payload.t" });
  });

  test("is nothing at all without a row", () => {
    expect(writeCondition(readCondition(undefined))).toBeUndefined();
  });
});

describe("rules that somebody else wrote", () => {
  const rules: readonly unknown[] = [
    { "<": [{ var: "payload.t" }, 20] },
    { ">=": [20, { var: "payload.t" }] },
    { and: [{ "<": [{ var: "payload.t" }, 20] }, { "+": [{ var: "payload.t" }, 1] }] },
    { "!": { var: "payload.on" } },
    { "!": [{ or: [{ "==": [{ var: "payload.t" }, 1] }, true] }] },
    { if: [{ var: "payload.t" }, true, false] },
    { some: [{ var: "payload.list" }, { ">": [{ var: "" }, 1] }] },
    { and: [{ "!==": [{ var: "payload.t" }, null] }, { "<": [{ var: "payload.u" }, 2] }] },
    { and: [] },
    { var: "payload.on" },
    true,
  ];

  test("come back unchanged as long as nobody edits them", () => {
    for (const rule of rules) expect(writeCondition(readCondition(rule))).toEqual(rule);
  });

  test("keep their verdict on any message", () => {
    const message = fc.record(
      {
        t: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constant(null), fc.constant("on")),
        on: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const verdict = (rule: unknown, payload: unknown): unknown => {
      const compiled = compileRule(rule).rule;
      return compiled?.verdict({ payload }, createBudget());
    };
    fc.assert(
      fc.property(fc.constantFrom(...rules), message, (rule, payload) => {
        expect(verdict(writeCondition(readCondition(rule)), payload)).toBe(verdict(rule, payload));
      }),
      { numRuns: 1_000 },
    );
  });

  test("show as a custom part where the builder has no words", () => {
    expect(readCondition(rules[5]).parts[0]?.kind).toBe("custom");
    expect(readCondition(rules[2]).parts.map(({ kind }) => kind)).toEqual(["row", "custom"]);
  });
});

test("another comparison keeps what was typed", () => {
  const typed = newRow("payload.t", 20);
  expect(withComparison(typed, "between").operands).toEqual([
    { kind: "literal", value: 20 },
    { kind: "literal", value: 0 },
  ]);
  expect(withComparison(typed, "one-of").operands).toEqual([{ kind: "literal", value: [20] }]);
  expect(withComparison(typed, "present").operands).toEqual([]);
});
