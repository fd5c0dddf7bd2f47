import { NodeError } from "../errors.ts";
import { spend, type Budget } from "./budget.ts";
import { ruleLimits } from "./ruleLimits.ts";

/** Truth as JsonLogic sees it: JavaScript's, but an empty list is false. */
export function truthy(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0 ? false : Boolean(value);
}

/** The list as the text JavaScript would make of it, stopped at the limit instead of built first and measured later. */
export function joined(list: readonly unknown[], separator: string, budget: Budget): string {
  spend(budget, list.length);
  let text = "";
  for (let i = 0; i < list.length; i++) {
    if (i > 0) text += separator;
    text += itemText(list[i], budget);
    if (text.length > ruleLimits.textLength) throw textBreach();
  }
  return text;
}

/** A list as text, anything else as it is: for operators that would otherwise turn a list into text unbounded. */
export function flat(value: unknown, budget: Budget): unknown {
  return Array.isArray(value) ? joined(value, ",", budget) : value;
}

/** The number JsonLogic's `+` and `*` see. Adding 0 turns -0 into 0, as the oracle's detour through text does. */
export function looseNumber(value: unknown, budget: Budget): number {
  return typeof value === "number" ? value + 0 : Number.parseFloat(asText(flat(value, budget)));
}

/** JavaScript's text of a value; throws where JavaScript throws. */
export function asText(value: unknown): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- JsonLogic's text of an object is JavaScript's.
  return String(value);
}

/** For JavaScript's own `<` and `<=`, which take anything although TypeScript lets them have numbers only. */
export function ordered(value: unknown, budget: Budget): number {
  return flat(value, budget) as number;
}

/** Refuses a list that is longer than a rule may walk through. */
export function checkLength(length: number): void {
  if (length > ruleLimits.listLength) {
    throw new NodeError(
      "limit.size",
      `A rule met a list of ${length} items; ${ruleLimits.listLength} are allowed.`,
    );
  }
}

/** The error for a text that grew beyond the limit. */
export function textBreach(): NodeError {
  return new NodeError("limit.size", `A text grew longer than ${ruleLimits.textLength} characters.`);
}

function itemText(value: unknown, budget: Budget): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? joined(value, ",", budget) : asText(value);
}
