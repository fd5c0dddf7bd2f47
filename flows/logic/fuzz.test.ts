import jsonLogic, { type RulesLogic } from "json-logic-js";
import { describe, expect, it } from "vitest";
import { createBudget } from "./budget.ts";
import { truthy } from "./coerce.ts";
import { compileRule } from "./rule.ts";

const count = Number(process.env["MILLRACE_FUZZ_COUNT"] ?? 100_000);
const seed = Number(process.env["MILLRACE_FUZZ_SEED"] ?? 1);
/** Differences told in full; one defect usually makes many. */
const REPORTED_MAX = 8;

describe(`random rules (seed ${seed})`, () => {
  it(
    "have the value json-logic-js gives, and verdicts that never contradict it",
    { timeout: 120_000 },
    () => {
      const random = createRandom(seed);
      const found = new Set<string>();
      const tally = { agreed: 0, bothThrow: 0, true: 0, false: 0, unknown: 0 };
      for (let i = 0; i < count && found.size < REPORTED_MAX; i++) {
        const rule = randomRule(random, 4);
        const data = randomData(random);
        const difference = compare(rule, data, tally);
        if (difference !== undefined) found.add(`${show(rule)} on ${show(data)}: ${difference}`);
      }
      expect([...found]).toEqual([]);
      // Guards against a generator that no longer reaches anything.
      expect(Math.min(tally.true, tally.false, tally.unknown)).toBeGreaterThan(count / 50);
      expect(tally.agreed).toBeGreaterThan(count / 2);
    },
  );
});

type Tally = Record<"agreed" | "bothThrow" | "true" | "false" | "unknown", number>;

function compare(rule: unknown, data: unknown, tally: Tally): string | undefined {
  const theirs = attempt(() => applyOracle(rule, data));
  const compiled = compileRule(rule).rule;
  if (compiled === undefined) return `does not compile: ${show(compileRule(rule).problems)}`;
  const budget = createBudget();
  const ours = attempt(() => compiled.value(data, budget));
  const verdict = compiled.verdict(data, budget);
  const reading = attempt(() => compiled.reading(data, budget));
  if (theirs.failed && ours.failed) {
    tally.bothThrow += 1;
    return undefined;
  }
  if (theirs.text !== ours.text) return `oracle ${theirs.text}, ours ${ours.text}`;
  tally.agreed += 1;
  tally[`${verdict}`] += 1;
  if (verdict !== "unknown" && verdict !== truthy(ours.result))
    return `verdict ${verdict}, value ${ours.text}`;
  const isKnown = !reading.failed && reading.result !== undefined;
  if (isKnown && reading.text !== ours.text) return `reading ${reading.text}, value ${ours.text}`;
  return undefined;
}

function applyOracle(rule: unknown, data: unknown): unknown {
  return jsonLogic.apply(structuredClone(rule) as RulesLogic, structuredClone(data));
}

interface Outcome {
  readonly result?: unknown;
  readonly failed: boolean;
  readonly text: string;
}

function attempt(act: () => unknown): Outcome {
  try {
    const result = act();
    return { result, failed: false, text: show(result) };
  } catch (error) {
    return { failed: true, text: `throws ${String(error)}` };
  }
}

/** JSON that also tells -0, NaN, infinities and undefined apart. */
function show(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === "number")
      return Object.is(inner, -0) || !Number.isFinite(inner) ? `#${tell(inner)}` : inner;
    return inner === undefined ? "#undefined" : inner;
  });
}

function tell(number: number): string {
  return Object.is(number, -0) ? "-0" : String(number);
}

interface RandomSource {
  readonly below: (limit: number) => number;
  readonly pick: <Item>(items: readonly Item[]) => Item;
}

/** A linear congruential generator; its low bits are poor and are not used. */
function createRandom(start: number): RandomSource {
  let state = start >>> 0;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % limit;
  };
  return {
    below,
    pick<Item>(items: readonly Item[]): Item {
      const item = items[below(items.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
  };
}

const paths = [
  "a",
  "a.b",
  "a.b.c",
  "s",
  "s.length",
  "l",
  "l.0",
  "l.length",
  "n",
  "z",
  "q.r",
  "",
  "t",
  "f",
  "e",
  "o.x",
  "l2.1.v",
];
const operators = [
  "==",
  "===",
  "!=",
  "!==",
  ">",
  ">=",
  "<",
  "<=",
  "!!",
  "!",
  "%",
  "in",
  "cat",
  "substr",
  "+",
  "*",
  "-",
  "/",
  "min",
  "max",
  "merge",
  "if",
  "and",
  "or",
  "map",
  "filter",
  "reduce",
  "all",
  "some",
  "none",
  "missing",
  "missing_some",
  "var",
  "?:",
];
const rowOperators = ["<", ">", "==", ">=", "<=", "!="];

function literal({ below }: RandomSource): unknown {
  const literals = [0, 1, -2, 3.5, "", "a", "12", "abc", true, false, null, [], [1, "2"], {}, { x: 1, y: 2 }];
  return literals[below(literals.length)];
}

function randomData({ below, pick }: RandomSource): unknown {
  return {
    a: [1, { b: pick([2, "3", { c: 5 }]) }, null, "x"][below(4)],
    s: pick(["hey", "", "12abc", "7"]),
    l: pick([[1, 2, 3], [], [0, "1", null]]),
    n: pick([0, -1, 3.5, 1e9]),
    t: true,
    f: false,
    e: [[], {}, "", null][below(4)],
    o: { x: below(5) },
    l2: [{ v: 1 }, { v: 2 }],
    current: 9,
  };
}

function randomRule(random: RandomSource, depth: number): unknown {
  const { below, pick } = random;
  if (depth <= 0 || below(4) === 0) return below(2) === 0 ? literal(random) : randomVar(random);
  const sub = (): unknown => randomRule(random, depth - 1);
  const op = pick(operators);
  const list = (names: readonly string[]): unknown => (below(3) > 0 ? { var: pick(names) } : sub());
  switch (op) {
    case "map":
    case "filter":
    case "all":
    case "some":
    case "none":
      return { [op]: [list(["l", "l2", "e", "s"]), sub()] };
    case "reduce": {
      const body = below(2) === 0 ? { "+": [{ var: "current" }, { var: "accumulator" }] } : sub();
      return { reduce: [list(["l", "l2"]), body, ...(below(2) === 0 ? [sub()] : [])] };
    }
    case "missing":
      return { missing: Array.from({ length: 1 + below(3) }, () => pick(paths)) };
    case "missing_some":
      return { missing_some: [below(3), ["a.b", "z", "s"]] };
    case "var":
      return { var: below(3) > 0 ? pick(paths) : [sub(), literal(random)] };
    case "and":
      if (below(3) === 0) return randomRow(random);
  }
  return { [op]: below(6) === 0 ? sub() : Array.from({ length: below(4) }, sub) };
}

function randomVar(random: RandomSource): unknown {
  const path = random.pick(paths);
  return { var: [path, [path], [path, literal(random)]][random.below(3)] };
}

/** What the condition builder writes for one row. */
function randomRow(random: RandomSource): unknown {
  const subject = { var: random.pick(paths) };
  return { and: [{ "!==": [subject, null] }, { [random.pick(rowOperators)]: [subject, literal(random)] }] };
}
