import { checkLength, ordered } from "./coerce.ts";
import { spend, type Budget } from "./budget.ts";
import { computedKeys } from "./dottedKeys.ts";
import { readKeys } from "./getter.ts";

/**
 * JsonLogic's `missing`. Keys that come from the payload are keys and nothing else: the oracle would run them as
 * rules, so that a message of 145 bytes could make the hub evaluate what its sender wrote.
 */
export function missingKeys(data: unknown, operands: readonly unknown[], budget: Budget): readonly unknown[] {
  const keys: readonly unknown[] = Array.isArray(operands[0]) ? operands[0] : operands;
  spend(budget, keys.length);
  checkLength(keys.length);
  return keys.filter((key) => {
    const [path, fallback = null] = Array.isArray(key) ? (key as readonly unknown[]) : [key];
    const value = readKeys(data, computedKeys(path, budget), fallback);
    return value === null || value === "";
  });
}

/** JsonLogic's `missing_some`: the missing keys, unless enough others are there. */
export function missingSome(data: unknown, operands: readonly unknown[], budget: Budget): readonly unknown[] {
  const [needed, keys] = operands;
  const gone = missingKeys(data, Array.isArray(keys) ? keys : [keys], budget);
  return lengthOf(keys) - gone.length >= ordered(needed, budget) ? [] : gone;
}

function lengthOf(keys: unknown): number {
  if (keys === null || keys === undefined) throw new TypeError("missing_some needs a list of keys");
  return Array.isArray(keys) || typeof keys === "string" ? keys.length : Number.NaN;
}
