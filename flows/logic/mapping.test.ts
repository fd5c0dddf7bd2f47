import { describe, expect, it } from "vitest";
import { createBudget } from "./budget.ts";
import { compileMapping } from "./mapping.ts";
import { ruleLimits } from "./ruleLimits.ts";

function build(source: unknown, data: unknown): unknown {
  const { mapping, problems } = compileMapping(source);
  if (mapping === undefined) throw new Error(JSON.stringify(problems));
  return mapping.build(data, createBudget());
}

function problemsOf(source: unknown): readonly string[] {
  return compileMapping(source).problems.map(({ code, path }) => `${code} at ${path}`);
}

describe("a mapping", () => {
  it("builds an object from rules, templates and constants", () => {
    const source = {
      sum: { $rule: { "+": [{ var: "payload.a" }, 1] } },
      text: "a is {{payload.a}}",
      same: "{{payload.a}}",
      fixed: [1, { deep: "{{topic}}" }],
      literal: { var: "payload.a" },
      nothing: null,
    };
    expect(build(source, { topic: "t", payload: { a: 1 } })).toEqual({
      sum: 2,
      text: "a is 1",
      same: 1,
      fixed: [1, { deep: "t" }],
      literal: { var: "payload.a" },
      nothing: null,
    });
  });

  it("has null where an input is missing, even where JsonLogic would calculate with nothing", () => {
    const source = {
      b: { $rule: { "+": [{ var: "payload.a" }, 1] } },
      c: { $rule: { "-": [5, { var: "payload.a" }] } },
      d: "{{payload.a}}",
    };
    expect(build(source, { payload: {} })).toEqual({ b: null, c: null, d: null });
  });

  it("tells which paths it reads", () => {
    const { mapping } = compileMapping({ a: { $rule: { var: "payload.x" } }, b: ["{{topic}}"] });
    expect(mapping?.paths).toEqual([["payload", "x"], ["topic"]]);
  });

  it.each<[string, unknown, readonly string[]]>([
    ["what is no object", [1], ["mapping.type at "]],
    [
      "keys that could reach a prototype",
      JSON.parse('{"__proto__":1,"a":{"constructor":2}}'),
      ["mapping.key at /__proto__", "mapping.key at /a/constructor"],
    ],
    ["a broken rule", { a: { $rule: { foo: 1 } } }, ["rule.operator at /a/$rule/foo"]],
    ["a broken template", { a: ["{{x"] }, ["template.syntax at /a/0"]],
    ["a rule with company", { a: { $rule: 1, b: 2 } }, ["mapping.rule at /a"]],
  ])("refuses %s", (_, source, expected) => {
    expect(problemsOf(source)).toEqual(expected);
  });

  it("has at most 1,000 values", () => {
    expect(problemsOf(wide(ruleLimits.mappingLeaves))).toEqual([]);
    expect(problemsOf(wide(ruleLimits.mappingLeaves + 1))).toEqual(["mapping.size at /list/1000"]);
  });

  it("refuses endless nesting instead of following it", () => {
    const endless: Record<string, unknown> = {};
    endless["self"] = endless;
    expect(problemsOf(endless)).toEqual([expect.stringContaining("mapping.depth")]);
  });
});

function wide(count: number): unknown {
  return { list: Array.from({ length: count }, () => 1) };
}
