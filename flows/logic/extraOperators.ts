import { checkLength, textBreach } from "./coerce.ts";
import { spend, type Budget } from "./budget.ts";
import { type OperandSpec, readOperand } from "./operand.ts";
import { ruleLimits } from "./ruleLimits.ts";
import { readKeys } from "./getter.ts";
import { roundTo, toNumber } from "./number.ts";
import { valueText } from "./valueText.ts";
import { wallTime } from "./zone.ts";

/** An operator that Millrace adds to JsonLogic. */
export interface ExtraOperator {
  readonly operands: readonly OperandSpec[];
  readonly result: "number" | "text" | "boolean" | "any";
  /** One sentence for people. */
  readonly help: string;
  /** Absent where the compiler handles the operator itself, because it sees more than its operands. */
  readonly run?: (operands: readonly unknown[], budget: Budget) => unknown;
}

/** Characters that a search may pass for one step. */
const SEARCHED_PER_STEP = 256;
const DECIMALS_MAX = 15;

const number = (name: string): OperandSpec => ({ name, type: "number" });
const text = (name: string): OperandSpec => ({ name, type: "text" });
const any = (name: string): OperandSpec => ({ name, type: "any" });
const zone: OperandSpec = { name: "zone", type: "zone", optional: true };

/**
 * Every operator beyond JsonLogic: this one table drives evaluation, checks, help and the condition builder.
 * An operand that is missing or of another type makes the result missing, so a condition on it is unknown.
 */
export const extraOperators: ReadonlyMap<string, ExtraOperator> = new Map<string, ExtraOperator>([
  [
    "val",
    {
      operands: [{ name: "key", type: "key", repeated: true }],
      result: "any",
      help: "Reads a value by its keys one by one, for keys that hold a dot or are empty.",
    },
  ],
  [
    "exists",
    {
      operands: [{ name: "key", type: "key", repeated: true }],
      result: "boolean",
      help: "Is true when there is a value, given by its keys or by a rule; null is no value.",
    },
  ],
  [
    "??",
    {
      operands: [{ name: "value", type: "any", repeated: true }],
      result: "any",
      help: "Gives the first value that is not missing.",
    },
  ],
  [
    "now",
    {
      operands: [],
      result: "number",
      help: "Gives the time at which the message came, in ms since 1970.",
      run: (_, budget) => arrivalOf(budget.data),
    },
  ],
  [
    "between",
    {
      operands: [number("value"), number("lowest"), number("highest")],
      result: "boolean",
      help: "Is true when a number lies between two others, both ends included.",
      run: ([value, lowest, highest]) => num(value) >= num(lowest) && num(value) <= num(highest),
    },
  ],
  [
    "round",
    {
      operands: [number("value"), { name: "decimals", type: "number", optional: true }],
      result: "number",
      help: "Rounds a number, to whole ones or to so many decimals.",
      run: ([value, decimals]) => roundTo(num(value), decimalsOf(decimals)),
    },
  ],
  [
    "floor",
    {
      operands: [number("value")],
      result: "number",
      help: "Rounds a number down.",
      run: ([value]) => Math.floor(num(value)),
    },
  ],
  [
    "ceil",
    {
      operands: [number("value")],
      result: "number",
      help: "Rounds a number up.",
      run: ([value]) => Math.ceil(num(value)),
    },
  ],
  [
    "abs",
    {
      operands: [number("value")],
      result: "number",
      help: "Gives a number without its sign.",
      run: ([value]) => Math.abs(num(value)),
    },
  ],
  [
    "lower",
    {
      operands: [text("text")],
      result: "text",
      help: "Gives a text in lower case.",
      run: ([value]) => bounded(str(value).toLowerCase()),
    },
  ],
  [
    "upper",
    {
      operands: [text("text")],
      result: "text",
      help: "Gives a text in upper case.",
      run: ([value]) => bounded(str(value).toUpperCase()),
    },
  ],
  [
    "trim",
    {
      operands: [text("text")],
      result: "text",
      help: "Gives a text without white space at its ends.",
      run: ([value]) => bounded(str(value).trim()),
    },
  ],
  [
    "startsWith",
    {
      operands: [text("text"), text("start")],
      result: "boolean",
      help: "Is true when a text begins with another.",
      run: ([value, start]) => str(value).startsWith(str(start)),
    },
  ],
  [
    "endsWith",
    {
      operands: [text("text"), text("end")],
      result: "boolean",
      help: "Is true when a text ends with another.",
      run: ([value, end]) => str(value).endsWith(str(end)),
    },
  ],
  [
    "contains",
    {
      operands: [{ name: "in", type: "searchable" }, any("value")],
      result: "boolean",
      help: "Is true when a text holds another text, or a list holds a value.",
      run: ([hay, needle], budget) => contains(hay, needle, budget),
    },
  ],
  [
    "matches",
    {
      operands: [text("text"), { name: "pattern", type: "pattern" }],
      result: "boolean",
      help: "Is true when a regular expression (RE2) is found in a text; the pattern must be fixed.",
    },
  ],
  [
    "number",
    {
      operands: [any("value")],
      result: "number",
      help: "Reads a text as a number; anything that is no number is missing.",
      run: ([value]) => toNumber(value),
    },
  ],
  [
    "text",
    {
      operands: [any("value")],
      result: "text",
      help: "Gives a value as text; objects and lists become JSON.",
      run: ([value]) => bounded(valueText(value)),
    },
  ],
  [
    "length",
    {
      operands: [{ name: "value", type: "searchable" }],
      result: "number",
      help: "Counts the characters of a text or the items of a list.",
      run: ([value]) => lengthOf(value),
    },
  ],
  [
    "hourOf",
    {
      operands: [number("time"), zone],
      result: "number",
      help: "Gives the hour (0 to 23) of a time in ms since 1970, in a time zone.",
      run: ([time, place], budget) => wallTime(num(time), zoneOf(place, budget))?.hour,
    },
  ],
  [
    "weekdayOf",
    {
      operands: [number("time"), zone],
      result: "number",
      help: "Gives the weekday (1 is Monday, 7 is Sunday) of a time in ms since 1970, in a time zone.",
      run: ([time, place], budget) => wallTime(num(time), zoneOf(place, budget))?.weekday,
    },
  ],
]);

function contains(hay: unknown, needle: unknown, budget: Budget): boolean {
  spend(budget, Math.ceil(lengthOf(hay) / SEARCHED_PER_STEP));
  if (Array.isArray(hay)) {
    checkLength(hay.length);
    return hay.includes(needle);
  }
  const wanted = readOperand(needle, "text");
  return typeof wanted === "string" && str(hay).includes(wanted);
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : str(value).length;
}

function arrivalOf(data: unknown): unknown {
  return readKeys(data, ["seenAt"], undefined);
}

function decimalsOf(value: unknown): number {
  if (value === undefined) return 0;
  return Math.max(-DECIMALS_MAX, Math.min(DECIMALS_MAX, Math.trunc(num(value))));
}

function zoneOf(value: unknown, budget: Budget): string {
  return value === undefined ? budget.zone : str(value);
}

function bounded(value: string): string {
  if (value.length > ruleLimits.textLength) throw textBreach();
  return value;
}

/** The table has checked the type already; NaN and "" only satisfy the compiler. */
function num(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

function str(value: unknown): string {
  return typeof value === "string" ? value : "";
}
