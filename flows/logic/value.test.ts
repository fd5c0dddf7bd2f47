import { describe, expect, it } from "vitest";
import { createBudget } from "./budget.ts";
import { compileValue } from "./value.ts";

function valueOf(source: unknown, data: unknown = { payload: { a: 2 } }): unknown {
  const { value, problems } = compileValue(source);
  if (value === undefined) throw new Error(JSON.stringify(problems));
  return value.of(data, createBudget());
}

describe("a value", () => {
  it.each<[string, unknown, unknown]>([
    ["a rule", { "*": [{ var: "payload.a" }, 3] }, 6],
    ["a rule without result", { var: "payload.gone" }, undefined],
    ["a rule whose input is missing", { "-": [5, { var: "payload.gone" }] }, undefined],
    ["a template", "a {{payload.a}}", "a 2"],
    ["a template of one value", "{{payload.a}}", 2],
    ["a template of one missing value", "{{payload.gone}}", undefined],
    ["a text", "plain", "plain"],
    ["a number", 5, 5],
    ["false", false, false],
    ["null", null, undefined],
    ["an object", { a: 1, b: { c: 2 } }, { a: 1, b: { c: 2 } }],
    ["a list, whose items are no rules", [{ var: "payload.a" }], [{ var: "payload.a" }]],
  ])("may be %s", (_, source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });

  it("tells its paths and its source", () => {
    const source = { var: "payload.a" };
    expect(compileValue(source).value).toMatchObject({ paths: [["payload", "a"]], source });
    expect(compileValue("{{topic}}").value?.paths).toEqual([["topic"]]);
    expect(compileValue(5).value?.paths).toEqual([]);
  });

  it.each<[unknown, string]>([
    [{ foo: 1 }, "rule.operator"],
    ["{{", "template.syntax"],
    [() => 1, "rule.not-json"],
  ])("refuses %s", (source, code) => {
    expect(compileValue(source)).toEqual({
      problems: [expect.objectContaining({ code, severity: "error" })],
    });
  });
});
