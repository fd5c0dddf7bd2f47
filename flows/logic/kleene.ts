import { enterList, stepsPerItem } from "./arrays.ts";
import type { Evaluate, Judge, Verdict } from "./closures.ts";
import type { OperationPart } from "./parts.ts";

/** Not unknown stays unknown. */
export function compileNot(operand: Judge): Judge {
  return (data, budget) => {
    const verdict = operand(data, budget);
    return verdict === "unknown" ? verdict : !verdict;
  };
}

/** `and`, `or` after Kleene: one operand that decides is enough; else one unknown leaves it unknown. */
export function compileJunctionVerdict(operands: readonly Judge[], stop: boolean): Judge {
  // Without operands the oracle gives undefined.
  if (operands.length === 0) return () => "unknown";
  return (data, budget) => {
    let result: Verdict = !stop;
    for (const operand of operands) {
      const verdict = operand(data, budget);
      if (verdict === stop) return stop;
      if (verdict === "unknown") result = verdict;
    }
    return result;
  };
}

/** `if` takes a branch only on a known condition; an unknown one gives what stands for unknown. */
export function compileBranch<Result>(
  conditions: readonly Judge[],
  results: readonly ((...args: Parameters<Judge>) => Result)[],
  unknown: Result,
): (...args: Parameters<Judge>) => Result {
  const last = results.length - 1;
  return (data, budget) => {
    let i = 0;
    for (; i < last; i += 2) {
      const verdict = conditions[i]?.(data, budget);
      if (verdict === "unknown") return unknown;
      if (verdict === true) return results[i + 1]?.(data, budget) ?? unknown;
    }
    return i === last ? (results[i]?.(data, budget) ?? unknown) : unknown;
  };
}

/**
 * `all`, `some` and `none` of a list: an item whose condition is unknown leaves the whole unknown, unless another item
 * decides. No list is unknown; an empty one is known.
 */
export function compileQuantifier(part: OperationPart, list: Evaluate, body: Judge): Judge {
  const { op } = part;
  const costs = stepsPerItem(part);
  const decisive = op !== "all";
  return (data, budget) => {
    const items = list(data, budget);
    if (!Array.isArray(items)) return "unknown";
    if (items.length === 0) return op === "none";
    enterList(items, costs, budget);
    let result: Verdict = op !== "some";
    for (const item of items as readonly unknown[]) {
      const verdict = body(item, budget);
      if (verdict === decisive) return op === "some";
      if (verdict === "unknown") result = verdict;
    }
    return result;
  };
}
