import { describe, expect, it } from "vitest";
import { compileRule, explanationText } from "./rule.ts";

const celsius = { var: "payload.celsius" };

function why(source: unknown, payload: unknown): string {
  const { rule } = compileRule(source);
  return rule === undefined ? "does not compile" : explanationText(rule.explain({ payload }));
}

describe("the explanation of a rule", () => {
  it.each<[string, unknown, unknown, string]>([
    [
      "a miss with its margin",
      { ">": [celsius, 6] },
      { celsius: 5.8 },
      "payload.celsius 5.8 is not above 6 (0.2 below)",
    ],
    [
      "a hit with its margin",
      { ">": [celsius, 30.9] },
      { celsius: 31.2 },
      "payload.celsius 31.2 is above 30.9 (0.3 above)",
    ],
    [
      "a limit met exactly",
      { ">": [celsius, 6] },
      { celsius: 6 },
      "payload.celsius 6 is not above 6 (exactly equal)",
    ],
    ["a missing field", { ">": [celsius, 6] }, {}, "unknown: payload.celsius is missing"],
    [
      "a field that is no number",
      { ">": [celsius, 6] },
      { celsius: "warm" },
      'unknown: payload.celsius "warm" cannot be used here',
    ],
    [
      "a guarded row",
      { and: [{ "!==": [celsius, null] }, { ">": [celsius, 6] }] },
      {},
      "unknown: payload.celsius is missing",
    ],
    [
      "only what failed of and",
      { and: [{ ">": [celsius, 6] }, { "==": [{ var: "payload.on" }, true] }] },
      { celsius: 7, on: false },
      "payload.on false is not true",
    ],
    [
      "all that failed of or",
      { or: [{ ">": [celsius, 6] }, { "<": [celsius, 2] }] },
      { celsius: 5 },
      "payload.celsius 5 is not above 6 (1 below) and payload.celsius 5 is not below 2 (3 above)",
    ],
    [
      "a calculation",
      { ">": [{ "-": [celsius, { var: "payload.set" }] }, 2] },
      { celsius: 5, set: 4 },
      "payload.celsius - payload.set 1 is not above 2 (1 below)",
    ],
    [
      "a missing part of a calculation",
      { ">": [{ "-": [celsius, { var: "payload.set" }] }, 2] },
      { celsius: 5 },
      "unknown: payload.set is missing",
    ],
    [
      "one of several",
      { in: [{ var: "payload.state" }, ["ok", "on"]] },
      { state: "off" },
      'payload.state "off" is not one of ["ok","on"]',
    ],
    ["a range", { between: [celsius, 2, 8] }, { celsius: 9 }, "payload.celsius 9 is not between 2 and 8"],
    [
      "a quoted key",
      { ">": [{ val: ["payload", "PM2.5"] }, 3] },
      { "PM2.5": 2 },
      'payload["PM2.5"] 2 is not above 3 (1 below)',
    ],
    [
      "a negation",
      { "!": [{ ">": [celsius, 6] }] },
      { celsius: 7 },
      "payload.celsius 7 is above 6 (1 above)",
    ],
    [
      "a list",
      { some: [{ var: "payload.list" }, { ">": [{ var: "" }, 1] }] },
      { list: [0] },
      "the condition holds for none of payload.list",
    ],
    [
      "no list",
      { some: [{ var: "payload.list" }, { ">": [{ var: "" }, 1] }] },
      { list: 3 },
      "unknown: payload.list is no list",
    ],
    ["a plain value", celsius, { celsius: 5 }, "payload.celsius is 5"],
    ["a failure", { "==": [{ "*": [] }, null] }, {}, 'unknown: "*" needs an operand'],
    [
      "a limit",
      { cat: [{ var: "payload.long" }] },
      { long: "x".repeat(70_000) },
      "unknown: A text grew longer than 65536 characters.",
    ],
  ])("%s", (_, source, payload, expected) => {
    expect(why(source, payload)).toBe(expected);
  });

  it("is a tree with a pointer into the rule for every part", () => {
    const { rule } = compileRule({ and: [true, { ">": [celsius, 6] }] });
    expect(rule?.explain({ payload: { celsius: 5 } })).toMatchObject({
      path: "",
      op: "and",
      result: false,
      operands: [
        { path: "/and/0", op: "constant", result: true },
        {
          path: "/and/1",
          op: ">",
          result: false,
          operands: [{ path: "/and/1/>/0", op: "var", result: 5 }, { result: 6 }],
        },
      ],
    });
  });
});
