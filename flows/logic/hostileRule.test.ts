import { describe, expect, it } from "vitest";
import { limits } from "../limits.ts";
import { createBudget } from "./budget.ts";
import { ruleLimits } from "./ruleLimits.ts";
import { compileRule, type Rule } from "./rule.ts";

const climate = {
  topic: "coldstore/north/temperature",
  payload: {
    temp: 7.5,
    text: "21.5",
    state: "ok",
    list: [1, 2, 3],
    nothing: null,
    devices: [{ v: 1 }, { v: 2 }],
  },
  seenAt: Date.UTC(2026, 0, 2, 23, 30),
};

function rule(source: unknown): Rule {
  const { rule: compiled, problems } = compileRule(source);
  if (compiled === undefined) throw new Error(JSON.stringify(problems));
  return compiled;
}

function valueOf(source: unknown, data: unknown = climate): unknown {
  return rule(source).value(data, createBudget("Europe/Berlin"));
}

function verdictOf(source: unknown, data: unknown = climate): unknown {
  return rule(source).verdict(data, createBudget());
}

describe("a hostile rule or payload", () => {
  const list100 = Array.from({ length: 100 }, (_, i) => i);
  const doubling = (body: unknown, initial: unknown): unknown => ({
    reduce: [list100.slice(0, 28), body, initial],
  });
  const accumulator = { var: "accumulator" };

  it("reads own properties only", () => {
    for (const path of [
      "constructor.constructor",
      "__proto__",
      "payload.list.map",
      "topic.length.toFixed",
      "toString",
    ])
      expect(valueOf({ var: path })).toBeNull();
    expect(valueOf({ val: ["payload", "constructor"] })).toBeNull();
    expect(valueOf({ var: { cat: ["__proto", "__"] } })).toBeNull();
    expect(valueOf({ var: "constructor" }, { constructor: 5 })).toBe(5);
  });

  it("never runs a payload as a rule", () => {
    const data = { list: [{ cat: ["x", "y"] }], xy: 1 };
    expect(valueOf({ missing: { var: "list" } }, data)).toEqual([{ cat: ["x", "y"] }]);
    expect(valueOf({ missing_some: [1, { var: "list" }] }, data)).toEqual([{ cat: ["x", "y"] }]);
  });

  it("cannot double a list until memory ends", () => {
    const bomb = doubling({ merge: [accumulator, accumulator] }, [1, 2]);
    expect(() => valueOf(bomb)).toThrow(expect.objectContaining({ code: "limit.size" }));
  });

  it("cannot double a text until memory ends", () => {
    const bomb = doubling({ cat: [accumulator, accumulator] }, "x");
    expect(() => valueOf(bomb)).toThrow(expect.objectContaining({ code: "limit.size" }));
    expect(() => verdictOf(bomb)).toThrow(expect.objectContaining({ code: "limit.size" }));
  });

  it("cannot nest maps without end", () => {
    const nested = { map: [list100, { map: [list100, { map: [list100, 1] }] }] };
    expect(() => valueOf(nested)).toThrow(expect.objectContaining({ code: "limit.steps" }));
    expect(() => verdictOf(nested)).toThrow(expect.objectContaining({ code: "limit.steps" }));
  });

  it("cannot compare a huge text made of a list", () => {
    const wide = { "==": [{ map: [{ var: "list" }, "x".repeat(60_000)] }, "x"] };
    const list = Array.from({ length: 8_000 }, () => 1);
    expect(() => valueOf(wide, { list })).toThrow(expect.objectContaining({ code: "limit.size" }));
  });

  it("pays more for a long body, and for a pattern over a long text", () => {
    const long = { map: [{ var: "list" }, { "+": Array.from({ length: 1_000 }, () => 1) }] };
    const list = Array.from({ length: 5_000 }, () => "x".repeat(1_000));
    expect(() => valueOf(long, { list })).toThrow(expect.objectContaining({ code: "limit.steps" }));
    const search = { some: [{ var: "list" }, { matches: [{ var: "" }, "(x+x+)+y"] }] };
    expect(() => valueOf(search, { list })).toThrow(expect.objectContaining({ code: "limit.steps" }));
  });

  it("may take all its steps and not one more", () => {
    const walk = { map: [{ var: "lists" }, { all: [{ var: "" }, true] }] };
    // One step for the evaluation, 100 for the outer list, the rest for the inner ones.
    const lists = [...Array.from({ length: 99 }, () => ones(999)), ones(998)];
    expect(1 + 100 + lists.flat().length).toBe(limits.stepsPerEvaluation);
    expect(() => valueOf(walk, { lists })).not.toThrow();
    const more = [...lists.slice(1), ones(1_000)];
    expect(() => valueOf(walk, { lists: more })).toThrow(expect.objectContaining({ code: "limit.steps" }));
  });

  it("ends a run whose rules take too many steps together", () => {
    const budget = createBudget();
    const walk = rule({ map: [{ var: "list" }, { "+": [{ var: "" }, 1] }] });
    const data = { list: Array.from({ length: 10_000 }, () => 1) };
    const evaluations = Math.floor(limits.stepsPerRun / 10_001);
    for (let i = 0; i < evaluations; i++) walk.value(data, budget);
    expect(() => walk.value(data, budget)).toThrow(expect.objectContaining({ code: "limit.steps" }));
  });

  it("may walk a list at the limit and none beyond", () => {
    const walk = { length: [{ map: [{ var: "list" }, 1] }] };
    const list = Array.from({ length: ruleLimits.listLength }, () => 1);
    expect(valueOf(walk, { list })).toBe(ruleLimits.listLength);
    expect(() => valueOf(walk, { list: [...list, 1] })).toThrow(
      expect.objectContaining({ code: "limit.size" }),
    );
  });

  it("fails like the oracle on an object that refuses to be a text", () => {
    const data = { evil: { toString: 1, valueOf: 1 } };
    expect(() => valueOf({ "==": [{ var: "evil" }, "x"] }, data)).toThrow(
      expect.objectContaining({ code: "rule.failed" }),
    );
    expect(verdictOf({ "==": [{ var: "evil" }, "x"] }, data)).toBe("unknown");
  });
});

function ones(count: number): readonly number[] {
  return Array.from({ length: count }, () => 1);
}
