import { toNumber } from "../../logic/number.ts";
import { isRecord } from "../isRecord.ts";

/** Relative tolerance, so that the steps of binary fractions do not hide a change: 0.3 - 0.2 is less than 0.1. */
const TOLERANCE = 1e-9;

/** What a comparison found, with its reason. */
export interface Difference {
  readonly differs: boolean;
  readonly why: string;
}

/** Whether a value is far enough from the last one. With `by` 0 any difference of any kind counts. */
export function differs(
  last: unknown,
  next: unknown,
  { by, unit }: { readonly by: number; readonly unit: "abs" | "percent" },
): Difference {
  if (by === 0) {
    const equal = isEqual(last, next);
    return {
      differs: !equal,
      why: equal ? "The value is the same as the last one." : "The value is another one.",
    };
  }
  const [from, to] = [toNumber(last), toNumber(next)];
  if (from === undefined || to === undefined)
    return { differs: true, why: "One of the two values is no number." };
  const size = Math.abs(to - from);
  const needed = unit === "abs" ? by : (Math.abs(from) * by) / 100;
  const tolerance = TOLERANCE * Math.max(Math.abs(from), Math.abs(to));
  const enough = needed === 0 ? size > 0 : size >= needed - tolerance;
  return { differs: enough, why: sentenceOf({ from, to, size, needed, enough }) };
}

/** Deep equality of JSON values; the order of an object's keys does not matter. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && isEqual(a[name], b[name]));
}

function sentenceOf(found: {
  readonly from: number;
  readonly to: number;
  readonly size: number;
  readonly needed: number;
  readonly enough: boolean;
}): string {
  const { from, to, size, needed, enough } = found;
  const relation = enough ? "at least" : "less than";
  return `${to} is ${digits(size)} from ${from}, ${relation} ${digits(needed)}.`;
}

/** Enough digits to see a difference, few enough to hide binary fractions. */
function digits(value: number): number {
  return Number(value.toPrecision(6));
}
