import { describe, expect, it } from "vitest";
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

function problemsOf(source: unknown): readonly string[] {
  return compileRule(source).problems.map(({ code, path }) => `${code} at ${path}`);
}

const temp = { var: "payload.temp" };
const gone = { var: "payload.gone" };

describe("the value of a rule", () => {
  it.each<[string, unknown, unknown]>([
    ["a constant", 5, 5],
    ["a text", "x", "x"],
    ["an object with two keys", { a: 1, b: 2 }, { a: 1, b: 2 }],
    ["an empty object", {}, {}],
    ["a list of rules", [1, temp], [1, 7.5]],
    ["an operand without a list", { var: "payload.temp" }, 7.5],
    ["a default", { var: ["payload.gone", 3] }, 3],
    ["a null that is there", { var: ["payload.nothing", 3] }, null],
    ["an index", { var: "payload.list.1" }, 2],
    ["a length", { var: "payload.state.length" }, 2],
    ["all of the data", { var: "" }, climate],
    ["a computed path", { var: { cat: ["payload.", "temp"] } }, 7.5],
    ["no operands of var", { var: [] }, climate],
    ["loose equality", { "==": ["1", 1] }, true],
    ["strict equality", { "===": ["1", 1] }, false],
    ["a range", { "<": [1, temp, 10] }, true],
    ["a range that fails at its end", { "<=": [1, temp, 7] }, false],
    ["texts in order", { ">": ["b", "a"] }, true],
    ["if without else", { if: [false, 1] }, null],
    ["else if", { if: [false, 1, true, 2, 3] }, 2],
    ["if with nothing", { if: [] }, null],
    ["the first falsy of and", { and: [1, 0, 2] }, 0],
    ["the last of and", { and: [1, 2] }, 2],
    ["the first truthy of or", { or: [0, "", "x"] }, "x"],
    ["an empty list is falsy", { "!": [[]] }, true],
    ["the text 0 is truthy", { "!!": ["0"] }, true],
    ["a sum of texts", { "+": ["1", "2"] }, 3],
    ["one text as a number", { "+": "3.14" }, 3.14],
    ["one factor, untouched", { "*": ["5"] }, "5"],
    ["a negated number", { "-": [2] }, -2],
    ["a remainder", { "%": [7, 3] }, 1],
    ["the least", { min: [3, 1, 2] }, 1],
    ["the most of nothing", { max: [] }, -Infinity],
    ["in a text", { in: ["o", "ok"] }, true],
    ["in a list", { in: [2, { var: "payload.list" }] }, true],
    ["texts in a row", { cat: ["a", 1, null, [2, 3]] }, "a12,3"],
    ["a piece from the end", { substr: ["jsonlogic", -5] }, "logic"],
    ["a piece that stops early", { substr: ["jsonlogic", 4, -2] }, "log"],
    ["merged lists", { merge: [1, [2, 3], [[4]]] }, [1, 2, 3, [4]]],
    ["mapped items", { map: [{ var: "payload.list" }, { "*": [{ var: "" }, 2] }] }, [2, 4, 6]],
    ["filtered items", { filter: [{ var: "payload.devices" }, { ">": [{ var: "v" }, 1] }] }, [{ v: 2 }]],
    ["all of nothing", { all: [[], true] }, false],
    ["none of nothing", { none: [[], true] }, true],
    ["some", { some: [{ var: "payload.devices" }, { "==": [{ var: "v" }, 2] }] }, true],
    ["missing keys", { missing: ["payload.temp", "payload.gone"] }, ["payload.gone"]],
    ["missing keys of a list", { missing: { merge: ["payload.gone"] } }, ["payload.gone"]],
    ["enough keys", { missing_some: [1, ["payload.temp", "payload.gone"]] }, []],
    ["too few keys", { missing_some: [2, ["payload.temp", "payload.gone"]] }, ["payload.gone"]],
    ["the argument of log", { log: "x" }, "x"],
    ["the quirk that nothing is below 10", { "<": [gone, 10] }, true],
    ["the quirk that texts are ordered as texts", { ">": ["9", "10"] }, true],
  ])("%s", (_, source, expected) => {
    expect(valueOf(source)).toEqual(expected);
  });

  it("sums up a list", () => {
    const sum = {
      reduce: [{ var: "payload.list" }, { "+": [{ var: "current" }, { var: "accumulator" }] }, 0],
    };
    expect(valueOf(sum)).toBe(6);
  });

  it("gives reduce a fresh frame for each item (a reused one leaked through an empty path)", () => {
    const frames = { reduce: [[1, 2], { merge: [{ var: "accumulator" }, { var: "" }] }, []] };
    expect(valueOf(frames)).toMatchObject([{ current: 1 }, { current: 2 }]);
  });

  it("keeps -0 where the oracle keeps it, and loses it where the oracle does", () => {
    expect(valueOf({ "-": [0] })).toBe(-0);
    expect(valueOf({ "*": [-1, 0] })).toBe(-0);
    expect(valueOf({ "+": [{ "-": [0] }] })).toBe(0);
  });

  it("never aliases the rule", () => {
    const source = { if: [true, { a: [1], b: 2 }] };
    const value = valueOf(source);
    expect(value).toEqual({ a: [1], b: 2 });
    expect(value).not.toBe(source.if[1]);
    expect(Object.isFrozen(value)).toBe(true);
  });

  it("throws rule.failed with the cause where the oracle throws", () => {
    expect(() => valueOf({ "*": [] })).toThrow(
      expect.objectContaining({ code: "rule.failed", cause: expect.any(TypeError) }),
    );
  });
});

describe("operators of our own", () => {
  it.each<[string, unknown, unknown]>([
    ["val with a dot in a key", { val: ["payload", "PMS5003", "PM2.5"] }, 2],
    ["var cannot reach such a key", { var: "payload.PMS5003.PM2.5" }, null],
    ["val with a computed key", { val: ["payload", { cat: ["te", "mp"] }] }, 7.5],
    ["exists by keys", { exists: ["payload", "temp"] }, true],
    ["exists by a rule", { exists: [{ var: "payload.zero" }] }, true],
    ["null does not exist", { exists: ["payload", "nothing"] }, false],
    ["the first that is there", { "??": [{ var: "payload.gone" }, { var: "payload.zero" }, 5] }, 0],
    ["between includes its ends", { between: [{ var: "payload.zero" }, 0, 1] }, true],
    ["between of nothing", { between: [{ var: "payload.gone" }, 0, 1] }, null],
    ["round", { round: [2.5] }, 3],
    ["round to decimals", { round: [1.005, 2] }, 1.01],
    ["floor", { floor: [-1.5] }, -2],
    ["ceil of a text", { ceil: ["1.2"] }, 2],
    ["abs", { abs: [-3] }, 3],
    ["abs of a word", { abs: ["x"] }, null],
    ["lower", { lower: ["ON"] }, "on"],
    ["upper", { upper: ["on"] }, "ON"],
    ["trim", { trim: [" on "] }, "on"],
    ["startsWith", { startsWith: ["kitchen/lamp", "kitchen/"] }, true],
    ["endsWith", { endsWith: ["kitchen/lamp", "door"] }, false],
    ["contains in a text", { contains: ["E001 low", "E001"] }, true],
    ["contains in a list", { contains: [[1, 2], 2] }, true],
    ["matches", { matches: ["E0042", "^E[0-9]+$"] }, true],
    ["number", { number: ["21.5"] }, 21.5],
    ["number of a word", { number: ["021"] }, null],
    ["text", { text: [{ var: "payload.PMS5003" }] }, '{"PM2.5":2}'],
    ["length", { length: ["abc"] }, 3],
    ["now", { now: [] }, climate.seenAt],
    ["hourOf in the hub's zone", { hourOf: [{ now: [] }] }, 0],
    ["hourOf in a given zone", { hourOf: [{ now: [] }, "UTC"] }, 23],
    ["weekdayOf", { weekdayOf: [{ now: [] }, "UTC"] }, 5],
  ])("%s", (_, source, expected) => {
    const payload = { temp: 7.5, zero: 0, nothing: null, PMS5003: { "PM2.5": 2 } };
    expect(valueOf(source, { payload, seenAt: climate.seenAt })).toEqual(expected);
  });

  it("now is the time of the message even for an item of a list", () => {
    expect(valueOf({ map: [[1], { now: [] }] })).toEqual([climate.seenAt]);
  });
});

describe("the verdict of a rule", () => {
  it.each<[string, unknown, unknown]>([
    ["t < 20", { "<": [{ var: "t" }, 20] }, "unknown"],
    ["!(t < 20)", { "!": [{ "<": [{ var: "t" }, 20] }] }, "unknown"],
    ["t - 5 > -10", { ">": [{ "-": [{ var: "t" }, 5] }, -10] }, "unknown"],
    ["!(state in [ok])", { "!": [{ in: [{ var: "state" }, ["ok"]] }] }, "unknown"],
    ["none(l, > 1)", { none: [{ var: "l" }, { ">": [{ var: "" }, 1] }] }, "unknown"],
    ["t == null", { "==": [{ var: "t" }, null] }, true],
    ["t < 20 or 1 == 1", { or: [{ "<": [{ var: "t" }, 20] }, { "==": [1, 1] }] }, true],
    ["t < 20 and false", { and: [{ "<": [{ var: "t" }, 20] }, false] }, false],
    ["t < 20 and true", { and: [{ "<": [{ var: "t" }, 20] }, true] }, "unknown"],
    ["if with an unknown condition", { if: [{ "<": [{ var: "t" }, 20] }, true, false] }, "unknown"],
    ["!!t", { "!!": [{ var: "t" }] }, "unknown"],
    ["missing", { missing: ["t"] }, true],
    ["missing_some", { missing_some: [1, ["t"]] }, true],
    ["t starts with x", { startsWith: [{ var: "t" }, "x"] }, "unknown"],
    ["!(t between 1 and 2)", { "!": [{ between: [{ var: "t" }, 1, 2] }] }, "unknown"],
    ["t exists", { exists: ["t"] }, false],
  ])("on an empty message: %s", (_, source, expected) => {
    expect(verdictOf(source, {})).toBe(expected);
  });

  it.each<[unknown, unknown, unknown]>([
    [19, 20, true],
    ["19.5", 20, true],
    [20, "19.5", false],
    ["a", "b", true],
    ["9", "10", "unknown"],
    ["9", "b", "unknown"],
    ["", 20, "unknown"],
    [" ", 20, "unknown"],
    [null, 20, "unknown"],
    [true, 20, "unknown"],
    [[], 20, "unknown"],
    [Number.NaN, 20, "unknown"],
    ["021", 20, "unknown"],
  ])("%j < %j is %j", (value, limit, expected) => {
    expect(verdictOf({ "<": [{ var: "v" }, limit] }, { v: value })).toBe(expected);
  });

  it("an empty list is known, and an item without the field leaves it open", () => {
    const hot = { ">": [{ var: "t" }, 30] };
    expect(verdictOf({ some: [{ var: "l" }, hot] }, { l: [] })).toBe(false);
    expect(verdictOf({ none: [{ var: "l" }, hot] }, { l: [] })).toBe(true);
    expect(verdictOf({ some: [{ var: "l" }, hot] }, { l: [{}, { t: 31 }] })).toBe(true);
    expect(verdictOf({ some: [{ var: "l" }, hot] }, { l: [{}, { t: 29 }] })).toBe("unknown");
    expect(verdictOf({ all: [{ var: "l" }, hot] }, { l: [{}, { t: 31 }] })).toBe("unknown");
    expect(verdictOf({ all: [{ var: "l" }, hot] }, { l: [{}, { t: 29 }] })).toBe(false);
  });

  it("reads a guarded comparison as one row, which stays unknown under !", () => {
    const row = { and: [{ "!==": [temp, null] }, { "<": [temp, 10] }] };
    expect(verdictOf(row, {})).toBe("unknown");
    expect(verdictOf({ "!": [row] }, {})).toBe("unknown");
    expect(verdictOf(row)).toBe(true);
    expect(valueOf(row, {})).toBe(false);
  });

  it("reads a guard of another value as what it says", () => {
    expect(verdictOf({ and: [{ "!==": [gone, null] }, { "<": [temp, 10] }] })).toBe(false);
  });

  it("is unknown when the rule fails, and the budget has the failure", () => {
    const budget = createBudget();
    expect(rule({ "==": [{ "*": [] }, null] }).verdict({}, budget)).toBe("unknown");
    expect(budget.failures).toMatchObject([{ code: "rule.failed" }]);
  });

  it("keeps only the first failures, and counts all", () => {
    const budget = createBudget();
    const failing = rule({ "==": [{ "*": [] }, null] });
    for (let i = 0; i < ruleLimits.failuresKept + 1; i++) failing.verdict({}, budget);
    expect(budget.failures).toHaveLength(ruleLimits.failuresKept);
    expect(budget.failureCount).toBe(ruleLimits.failuresKept + 1);
  });

  it("a reading is undefined where an input is missing, unlike the value", () => {
    const difference = rule({ "-": [temp, gone] });
    expect(difference.value(climate, createBudget())).toBe(7.5);
    expect(difference.reading(climate, createBudget())).toBeUndefined();
  });
});

describe("compileRule", () => {
  it.each<[string, unknown, readonly string[]]>([
    [
      "an unknown operator in a branch never taken",
      { if: [true, temp, { "??!": [] }] },
      ["rule.operator at /if/2/??!"],
    ],
    [
      "an operator by way of a method",
      { "var.prototype.constructor": ["t"] },
      ["rule.operator at /var.prototype.constructor"],
    ],
    ["an operator named like an inherited property", { toString: [] }, ["rule.operator at /toString"]],
    [
      "every mistake at once",
      { and: [{ foo: [] }, { bar: [] }] },
      ["rule.operator at /and/0/foo", "rule.operator at /and/1/bar"],
    ],
    ["too few operands of our own operators", { between: [temp, 1] }, ["rule.operands at /between"]],
    ["too many operands of our own operators", { abs: [1, 2] }, ["rule.operands at /abs"]],
    ["a pattern from the payload", { matches: [temp, temp] }, ["rule.pattern at /matches/1"]],
    ["a pattern that is none", { matches: [temp, "("] }, ["rule.pattern at /matches/1"]],
    ["a pattern that explodes", { matches: [temp, "((a{100}){100}){100}"] }, ["rule.pattern at /matches/1"]],
    ["an unknown time zone", { hourOf: [temp, "Mars/Base"] }, ["rule.zone at /hourOf/1"]],
    ["no value at all", undefined, ["rule.not-json at "]],
    ["a function", { var: () => 1 }, ["rule.not-json at /var"]],
    ["a date", new Date(0), ["rule.not-json at "]],
    [
      "a key that could reach a prototype",
      { in: [1, JSON.parse('{"__proto__":1,"b":2}')] },
      ["rule.key at /in/1/__proto__"],
    ],
  ])("refuses %s", (_, source, expected) => {
    expect(problemsOf(source)).toEqual(expected);
    expect(compileRule(source).rule).toBeUndefined();
  });

  it("never throws, whatever it is given", () => {
    const endless: unknown[] = [];
    endless.push(endless);
    const trap = {
      get var(): never {
        throw new Error("trap");
      },
    };
    for (const source of [
      endless,
      { and: endless },
      trap,
      Symbol("x"),
      10n,
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error("no");
          },
        },
      ),
    ])
      expect(compileRule(source).rule).toBeUndefined();
  });

  it("takes a rule at each limit and none beyond", () => {
    const nested = (depth: number): unknown => (depth === 0 ? temp : { "!": nested(depth - 1) });
    expect(problemsOf(nested(ruleLimits.depth - 1))).toEqual([]);
    expect(problemsOf(nested(3_000))).toEqual([expect.stringContaining("rule.depth")]);
    expect(problemsOf(wide(ruleLimits.parts - 4))).toEqual([]);
    expect(problemsOf(wide(ruleLimits.parts))).toEqual([expect.stringContaining("rule.parts")]);
    expect(problemsOf(long(ruleLimits.ruleLength - 40))).toEqual([]);
    expect(problemsOf(long(ruleLimits.ruleLength))).toEqual(["rule.size at "]);
  });

  it("warns of what is rarely meant", () => {
    expect(problemsOf({ "==": [1, 1] })).toEqual(["rule.constant at "]);
    expect(problemsOf({ "==": [temp, 0.1] })).toEqual(["rule.float-equality at /==/1"]);
    expect(problemsOf({ some: [{ var: "payload.list" }, { ">": [{ var: "payload.temp" }, 1] }] })).toEqual([
      "rule.shadowed at /some/1/>/0",
    ]);
    expect(problemsOf(true)).toEqual([]);
  });

  it("tells which paths the rule reads, those inside of lists aside", () => {
    const source = {
      and: [
        { ">": [temp, { val: ["payload", "PM2.5"] }] },
        { "<": [temp, 9] },
        { some: [{ var: "payload.list" }, { var: "t" }] },
        { missing: ["a.b", "c"] },
        { exists: ["payload", "x"] },
        { now: [] },
      ],
    };
    expect(rule(source).paths).toEqual([
      ["payload", "temp"],
      ["payload", "PM2.5"],
      ["payload", "list"],
      ["a", "b"],
      ["c"],
      ["payload", "x"],
      ["seenAt"],
    ]);
    expect(rule({ var: { cat: ["a", "b"] } }).paths).toEqual([[]]);
  });
});

function wide(parts: number): unknown {
  return { in: [temp, Array.from({ length: parts }, (_, i) => i)] };
}

function long(length: number): unknown {
  return { "==": [temp, "x".repeat(length)] };
}
