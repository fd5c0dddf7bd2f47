import type { Budget } from "./budget.ts";
import { asText, flat } from "./coerce.ts";

/** The keys of a JsonLogic path: split at dots. Nothing, null and "" stand for all of the data. */
export function keysOf(path: unknown): readonly string[] {
  return isWhole(path) ? [] : asText(path).split(".");
}

/** The same for a path that was computed; an empty list is the key "", not all of the data. */
export function computedKeys(path: unknown, budget: Budget): readonly string[] {
  return isWhole(path) ? [] : asText(flat(path, budget)).split(".");
}

function isWhole(path: unknown): boolean {
  return path === undefined || path === null || path === "";
}
