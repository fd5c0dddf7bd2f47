import { asText, flat, joined, looseNumber, ordered, checkLength, textBreach, truthy } from "./coerce.ts";
import { spend, type Budget } from "./budget.ts";
import { ruleLimits } from "./ruleLimits.ts";

/** What an operator of JsonLogic makes of its operands; the operands are already evaluated. */
export type Apply = (operands: readonly unknown[], budget: Budget) => unknown;

/** Characters, or items, that a search may pass for one step. */
const SEARCHED_PER_STEP = 256;

/**
 * The operators of json-logic-js that see only their operands, with its coercions. What differs on purpose is listed
 * in the reference on logic: texts made from lists are bounded, and `log` writes nowhere.
 */
export const plainOperators: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ["==", ([a, b], budget) => looselyEqual(a, b, budget)],
  ["!=", ([a, b], budget) => !looselyEqual(a, b, budget)],
  ["===", ([a, b]) => a === b],
  ["!==", ([a, b]) => a !== b],
  [">", ([a, b], budget) => less(b, a, budget)],
  [">=", ([a, b], budget) => lessOrEqual(b, a, budget)],
  ["<", ([a, b, c], budget) => less(a, b, budget) && (c === undefined || less(b, c, budget))],
  ["<=", ([a, b, c], budget) => lessOrEqual(a, b, budget) && (c === undefined || lessOrEqual(b, c, budget))],
  ["!!", ([a]) => truthy(a)],
  ["!", ([a]) => !truthy(a)],
  ["log", ([a]) => a],
  ["%", ([a, b], budget) => coerced(a, budget) % coerced(b, budget)],
  ["+", (operands, budget) => operands.reduce<number>((sum, x) => sum + looseNumber(x, budget), 0)],
  ["*", product],
  [
    "-",
    ([a, b], budget) => (b === undefined ? -coerced(a, budget) : coerced(a, budget) - coerced(b, budget)),
  ],
  ["/", ([a, b], budget) => coerced(a, budget) / coerced(b, budget)],
  ["min", (operands, budget) => Math.min(...operands.map((x) => coerced(x, budget)))],
  ["max", (operands, budget) => Math.max(...operands.map((x) => coerced(x, budget)))],
  ["in", ([needle, hay], budget) => contains(needle, hay, budget)],
  ["cat", (operands, budget) => joined(operands, "", budget)],
  ["substr", substr],
  ["merge", merge],
]);

/** `==` of JavaScript. Two objects are compared by identity, so a list becomes text only beside something else. */
function looselyEqual(a: unknown, b: unknown, budget: Budget): boolean {
  if (typeof a === "object" && typeof b === "object") return a === b || (isNil(a) && isNil(b));
  // oxlint-disable-next-line eqeqeq -- JsonLogic's `==` is JavaScript's.
  return flat(a, budget) == flat(b, budget);
}

/** `<` of JavaScript. Its operands are coerced left to right, which no rule can tell apart. */
function less(a: unknown, b: unknown, budget: Budget): boolean {
  return ordered(a, budget) < ordered(b, budget);
}

function lessOrEqual(a: unknown, b: unknown, budget: Budget): boolean {
  return ordered(a, budget) <= ordered(b, budget);
}

/** What the arithmetic operators of JavaScript make of a value: unlike `parseFloat`, "" and null are 0 here. */
function coerced(value: unknown, budget: Budget): number {
  return Number(flat(value, budget));
}

function product(operands: readonly unknown[], budget: Budget): unknown {
  if (operands.length === 0) throw new TypeError('"*" needs an operand');
  // Without an initial value, as the oracle: one operand comes back as it is.
  return operands.reduce((result, x) => looseNumber(result, budget) * looseNumber(x, budget));
}

function contains(needle: unknown, hay: unknown, budget: Budget): boolean {
  if (typeof hay === "string") {
    if (hay === "") return false;
    spend(budget, Math.ceil(hay.length / SEARCHED_PER_STEP));
    return hay.includes(asText(flat(needle, budget)));
  }
  if (Array.isArray(hay)) {
    spend(budget, Math.ceil(hay.length / SEARCHED_PER_STEP));
    return hay.indexOf(needle) !== -1;
  }
  // The oracle calls `indexOf` of whatever it is given.
  if (typeof hay === "object" && hay !== null && Object.hasOwn(hay, "indexOf")) {
    throw new TypeError("an object with a key indexOf cannot be searched");
  }
  return false;
}

function substr([source, start, end]: readonly unknown[], budget: Budget): string {
  const text = asText(flat(source, budget));
  const from = wholeNumber(coerced(start, budget));
  const to = flat(end, budget);
  if (to === undefined) return bounded(piece(text, from, Infinity));
  if (!(ordered(to, budget) < 0)) return bounded(piece(text, from, wholeNumber(Number(to))));
  // A negative length stops before the end, as in PHP. The oracle adds it to a length, so that a text is no number.
  const tail = piece(text, from, Infinity);
  return bounded(piece(tail, 0, typeof to === "number" ? Math.trunc(tail.length + to) : 0));
}

/** `String.prototype.substr`, which browsers keep only for old pages. */
function piece(text: string, from: number, length: number): string {
  const start = from < 0 ? Math.max(text.length + from, 0) : from;
  return text.slice(start, start + Math.max(length, 0));
}

function wholeNumber(value: number): number {
  return Number.isNaN(value) ? 0 : Math.trunc(value);
}

function merge(operands: readonly unknown[], budget: Budget): readonly unknown[] {
  const length = operands.reduce<number>((sum, x) => sum + (Array.isArray(x) ? x.length : 1), 0);
  spend(budget, length);
  checkLength(length);
  return ([] as unknown[]).concat(...operands);
}

function bounded(text: string): string {
  if (text.length > ruleLimits.textLength) throw textBreach();
  return text;
}

function isNil(value: unknown): boolean {
  return value === null || value === undefined;
}
