import { truthy } from "./coerce.ts";
import { compileWalk, isListOperator } from "./arrays.ts";
import type { Evaluate, Judge } from "./closures.ts";
import { compileEquality, compileOrder, isEquality, isNullTest, isOrder } from "./comparison.ts";
import { compileEvaluate } from "./evaluate.ts";
import { compileExtra } from "./extras.ts";
import { extraOperators } from "./extraOperators.ts";
import { guardedRow } from "./guardedRow.ts";
import { compileBranch, compileJunctionVerdict, compileNot, compileQuantifier } from "./kleene.ts";
import { isNumeric } from "./number.ts";
import { plainOperators } from "./operators.ts";
import type { OperationPart, Part } from "./parts.ts";

// Why readings: a verdict must not be judged on what JsonLogic makes of a missing input (`null < 10` is true). A
// reading is the JsonLogic value, or `undefined` where an input it needs is missing or unusable. Where a reading is
// known it equals the value; so a known verdict always agrees with the value's truth. A property test holds this.

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%", "min", "max"]);

/** Compiles a part to its three-valued truth. */
export function compileJudge(part: Part | undefined): Judge {
  if (part?.kind !== "operation") {
    const reading = compileReading(part);
    return (data, budget) => truthy(reading(data, budget));
  }
  return compileOwnVerdict(part) ?? verdictOf(compileReading(part));
}

/** Compiles a part to its value, or `undefined` where an input it needs is missing or unusable. */
export function compileReading(part: Part | undefined): Evaluate {
  if (part?.kind !== "operation") return compileEvaluate(part);
  const { op, operands } = part;
  if (op === "if" || op === "?:") {
    return compileBranch(operands.map(compileJudge), operands.map(compileReading), undefined);
  }
  if (op === "and" || op === "or") return readingOfJunction(part);
  const judge = compileOwnVerdict(part);
  if (judge !== undefined) {
    return (data, budget) => {
      const verdict = judge(data, budget);
      return verdict === "unknown" ? undefined : verdict;
    };
  }
  if (arithmetic.has(op)) return readingOfArithmetic(part);
  if (isListOperator(op)) return readingOfList(part);
  return readingOfOther(part);
}

/** Closures for the operators whose verdict is more than the truth of their reading. */
function compileOwnVerdict(part: OperationPart): Judge | undefined {
  const { op, operands } = part;
  switch (op) {
    case "and":
    case "or":
      return compileRowOrJunction(part);
    case "!":
      return compileNot(compileJudge(operands[0]));
    case "!!":
      return compileJudge(operands[0]);
    case "if":
    case "?:":
      return compileBranch(operands.map(compileJudge), operands.map(compileJudge), "unknown");
    case "all":
    case "some":
    case "none":
      return compileQuantifier(part, compileReading(operands[0]), compileJudge(operands[1]));
  }
  if (isOrder(op)) return compileOrder(op, operands.map(compileReading));
  if (!isEquality(op)) return undefined;
  return isNullTest(part) ? known(compileEvaluate(part)) : compileEquality(op, operands.map(compileReading));
}

function compileRowOrJunction(part: OperationPart): Judge {
  const row = guardedRow(part);
  return row === undefined
    ? compileJunctionVerdict(part.operands.map(compileJudge), part.op === "or")
    : compileJudge(row);
}

function readingOfJunction(part: OperationPart): Evaluate {
  const judge = compileRowOrJunction(part);
  const value = compileEvaluate(part);
  return (data, budget) => (judge(data, budget) === "unknown" ? undefined : value(data, budget));
}

function readingOfArithmetic({ op, operands }: OperationPart): Evaluate {
  const apply = plainOperators.get(op);
  const readings = operands.map(compileReading);
  if (apply === undefined || readings.length === 0) return () => undefined;
  return (data, budget) => {
    const numbers = readings.map((reading) => reading(data, budget));
    return numbers.every(isNumeric) ? usable(apply(numbers, budget)) : undefined;
  };
}

function readingOfList(part: OperationPart): Evaluate {
  const list = compileReading(part.operands[0]);
  const walk = compileWalk(part, compileEvaluate);
  return (data, budget) => {
    const items = list(data, budget);
    return Array.isArray(items) ? usable(walk(items, data, budget)) : undefined;
  };
}

function readingOfOther(part: OperationPart): Evaluate {
  const { op, operands } = part;
  switch (op) {
    case "log":
      return compileReading(operands[0]);
    case "in":
      return readingOfIn(operands.map(compileReading));
    case "substr":
      return readingOnlyIfKnown(compileReading(operands[0]), compileEvaluate(part));
    case "??":
      return readingOfFirstPresent(operands);
    case "exists":
      return operands.length === 1 ? readingOfExists(part) : compileEvaluate(part);
    case "var":
    case "val":
      return usableOf(compileEvaluate(part));
  }
  if (extraOperators.has(op)) return usableOf(compileExtra(part, operands.map(compileReading)));
  return usableOf(compileEvaluate(part));
}

/** "not in" must not become true because the field, or the list, is missing. */
function readingOfIn(readings: readonly Evaluate[]): Evaluate {
  const apply = plainOperators.get("in");
  return (data, budget) => {
    const operands = readings.map((reading) => reading(data, budget));
    const searchable = typeof operands[1] === "string" || Array.isArray(operands[1]);
    return searchable && !operands.includes(undefined) ? apply?.(operands, budget) : undefined;
  };
}

function readingOnlyIfKnown(needed: Evaluate, value: Evaluate): Evaluate {
  return (data, budget) => (needed(data, budget) === undefined ? undefined : usable(value(data, budget)));
}

/** An operand may have a value although its reading is unknown; then nobody knows which operand comes first. */
function readingOfFirstPresent(operands: readonly Part[]): Evaluate {
  const sources = operands.map((part) => ({ reading: compileReading(part), value: compileEvaluate(part) }));
  return (data, budget) => {
    for (const { reading, value } of sources) {
      const found = usable(reading(data, budget));
      if (found !== undefined || usable(value(data, budget)) !== undefined) return found;
    }
    return undefined;
  };
}

function readingOfExists(part: OperationPart): Evaluate {
  const [operand] = part.operands;
  const exists = compileEvaluate(part);
  if (operand?.kind !== "operation") return exists;
  const reading = compileReading(operand);
  return (data, budget) => {
    const found = exists(data, budget);
    return found === true && usable(reading(data, budget)) === undefined ? undefined : found;
  };
}

function usableOf(evaluate: Evaluate): Evaluate {
  return (data, budget) => {
    const value = evaluate(data, budget);
    return value === null || value !== value ? undefined : value;
  };
}

function usable(value: unknown): unknown {
  return value === null || Number.isNaN(value) ? undefined : value;
}

function verdictOf(reading: Evaluate): Judge {
  return (data, budget) => {
    const value = reading(data, budget);
    return value === undefined ? "unknown" : truthy(value);
  };
}

function known(evaluate: Evaluate): Judge {
  return (data, budget) => truthy(evaluate(data, budget));
}
