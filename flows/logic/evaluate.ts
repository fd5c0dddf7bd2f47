import type { Evaluate } from "./closures.ts";
import { truthy } from "./coerce.ts";
import type { Budget } from "./budget.ts";
import { compileListOperator, isListOperator } from "./arrays.ts";
import { compileExtra } from "./extras.ts";
import { compileGetter, readKeys } from "./getter.ts";
import { missingKeys, missingSome } from "./missing.ts";
import { computedKeys, keysOf } from "./dottedKeys.ts";
import { plainOperators } from "./operators.ts";
import type { OperationPart, Part } from "./parts.ts";

/** Compiles a part to a closure with the value that json-logic-js gives, its quirks included. */
export function compileEvaluate(part: Part | undefined): Evaluate {
  if (part === undefined) return () => undefined;
  if (part.kind === "constant") {
    const { value } = part;
    return () => value;
  }
  if (part.kind === "list") {
    const items = part.items.map(compileEvaluate);
    return (data, budget) => items.map((item) => item(data, budget));
  }
  return compileOperation(part);
}

function compileOperation(part: OperationPart): Evaluate {
  const { op, operands } = part;
  if (isListOperator(op)) return compileListOperator(part, compileEvaluate);
  switch (op) {
    case "if":
    case "?:":
      return compileIf(operands.map(compileEvaluate));
    case "and":
    case "or":
      return compileJunction(operands.map(compileEvaluate), op === "or");
    case "var":
      return compileVar(operands);
  }
  const inner = operands.map(compileEvaluate);
  if (op === "missing") return (data, budget) => missingKeys(data, evaluateAll(inner, data, budget), budget);
  if (op === "missing_some")
    return (data, budget) => missingSome(data, evaluateAll(inner, data, budget), budget);
  const apply = plainOperators.get(op);
  if (apply === undefined) return compileExtra(part, inner);
  const fast = inner.length === 2 ? onNumbers.get(op) : undefined;
  const [left, right] = inner;
  if (fast !== undefined && left !== undefined && right !== undefined) {
    return (data, budget) => {
      const a = left(data, budget);
      const b = right(data, budget);
      return typeof a === "number" && typeof b === "number" ? fast(a, b) : apply([a, b], budget);
    };
  }
  return (data, budget) => apply(evaluateAll(inner, data, budget), budget);
}

type OnNumbers = (a: number, b: number) => unknown;

/** Short ways for two numbers, which is what telemetry brings. Adding 0 is what the oracle's `parseFloat` does to -0. */
const onNumbers: ReadonlyMap<string, OnNumbers> = new Map<string, OnNumbers>([
  [">", (a, b) => a > b],
  [">=", (a, b) => a >= b],
  ["<", (a, b) => a < b],
  ["<=", (a, b) => a <= b],
  ["===", (a, b) => a === b],
  ["!==", (a, b) => a !== b],
  ["+", (a, b) => 0 + a + b],
  ["-", (a, b) => a - b],
  ["*", (a, b) => (a + 0) * (b + 0)],
  ["/", (a, b) => a / b],
]);

function evaluateAll(inner: readonly Evaluate[], data: unknown, budget: Budget): readonly unknown[] {
  return inner.map((evaluate) => evaluate(data, budget));
}

function compileIf(branches: readonly Evaluate[]): Evaluate {
  return (data, budget) => {
    let i = 0;
    for (; i < branches.length - 1; i += 2) {
      if (truthy(branches[i]?.(data, budget))) return branches[i + 1]?.(data, budget);
    }
    return i === branches.length - 1 ? branches[i]?.(data, budget) : null;
  };
}

function compileJunction(operands: readonly Evaluate[], stop: boolean): Evaluate {
  return (data, budget) => {
    let value: unknown;
    for (const operand of operands) {
      value = operand(data, budget);
      if (truthy(value) === stop) return value;
    }
    return value;
  };
}

function compileVar(operands: readonly Part[]): Evaluate {
  const [path, fallback] = operands;
  if (operands.every((operand) => operand.kind === "constant") && isFixedPath(path)) {
    return compileGetter(keysOf(path?.value), fallback?.kind === "constant" ? fallback.value : null);
  }
  const inner = operands.map(compileEvaluate);
  return (data, budget) => {
    const [computed, other = null] = evaluateAll(inner, data, budget);
    return readKeys(data, computedKeys(computed, budget), other);
  };
}

function isFixedPath(path: Part | undefined): path is Extract<Part, { kind: "constant" }> | undefined {
  return (
    path === undefined ||
    (path.kind === "constant" && (typeof path.value !== "object" || path.value === null))
  );
}
