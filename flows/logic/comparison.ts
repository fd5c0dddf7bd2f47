import type { Budget } from "./budget.ts";
import type { Evaluate, Judge, Verdict } from "./closures.ts";
import { isNumeric } from "./number.ts";
import { plainOperators } from "./operators.ts";
import type { OperationPart, Part } from "./parts.ts";

type Order = (a: number, b: number) => boolean;

const orders: Readonly<Record<string, Order>> = {
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
};

const equalities: ReadonlySet<string> = new Set(["==", "!=", "===", "!=="]);

/** True for `< <= > >=`. */
export function isOrder(op: string): boolean {
  return Object.hasOwn(orders, op);
}

/** True for `== != === !==`. */
export function isEquality(op: string): boolean {
  return equalities.has(op);
}

/** True for an explicit test such as `{"==":[V,null]}`, which is known whatever V is. */
export function isNullTest({ op, operands }: OperationPart): boolean {
  return isEquality(op) && operands.some(isNull);
}

/** True for the literal null. */
export function isNull(part: Part | undefined): boolean {
  return part?.kind === "constant" && part.value === null;
}

/** Judges `< <= > >=`; the readings give `undefined` for what is missing, and never NaN. */
export function compileOrder(op: string, readings: readonly Evaluate[]): Judge {
  const order = orders[op];
  const [left, right] = readings;
  if (order === undefined || left === undefined || right === undefined) return () => "unknown";
  if (readings.length > 2) return compileChain(op, readings);
  return (data, budget) => {
    const a = left(data, budget);
    const b = right(data, budget);
    return typeof a === "number" && typeof b === "number" ? order(a, b) : orderMixed(op, [a, b], budget);
  };
}

/** Judges `== != === !==` of operands none of which is the literal null. */
export function compileEquality(op: string, readings: readonly Evaluate[]): Judge {
  const apply = plainOperators.get(op);
  const [left, right] = readings;
  if (apply === undefined || left === undefined || right === undefined) return () => "unknown";
  const negated = op.startsWith("!");
  if (readings.length > 2) {
    return (data, budget) => known(apply, readAll(readings, data, budget), budget);
  }
  return (data, budget) => {
    const a = left(data, budget);
    const b = right(data, budget);
    if (a === undefined || b === undefined) return "unknown";
    if (typeof a === typeof b && typeof a !== "object") return (a === b) !== negated;
    return apply([a, b], budget) === true;
  };
}

/** Two numbers; a number and a text that is one; two texts that are none. Nothing else has an order. */
function orderMixed(op: string, operands: readonly [unknown, unknown], budget: Budget): Verdict {
  const [a, b] = operands;
  const numbers = (typeof a === "number" && isNumeric(b)) || (typeof b === "number" && isNumeric(a));
  return numbers || (isWord(a) && isWord(b))
    ? plainOperators.get(op)?.(operands, budget) === true
    : "unknown";
}

/** `a < b < c`: all numbers, or all texts that are none. */
function compileChain(op: string, readings: readonly Evaluate[]): Judge {
  const apply = plainOperators.get(op);
  return (data, budget) => {
    const operands = readAll(readings, data, budget);
    const usable = operands.every((x) => typeof x === "number") || operands.every(isWord);
    return usable && apply !== undefined ? known(apply, operands, budget) : "unknown";
  };
}

function readAll(readings: readonly Evaluate[], data: unknown, budget: Budget): readonly unknown[] {
  return readings.map((reading) => reading(data, budget));
}

function known(
  apply: (operands: readonly unknown[], budget: Budget) => unknown,
  operands: readonly unknown[],
  budget: Budget,
): Verdict {
  return operands.includes(undefined) ? "unknown" : apply(operands, budget) === true;
}

function isWord(value: unknown): boolean {
  return typeof value === "string" && !isNumeric(value);
}
