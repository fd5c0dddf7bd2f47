import type { Evaluate } from "./closures.ts";
import { asText, flat } from "./coerce.ts";
import { spend } from "./budget.ts";
import { extraOperators } from "./extraOperators.ts";
import { compileGetter, readKeys } from "./getter.ts";
import { readOperand } from "./operand.ts";
import type { OperationPart } from "./parts.ts";

/** Compiles an operator of our own. Its value is null when an operand is missing or unusable. */
export function compileExtra(part: OperationPart, inner: readonly Evaluate[]): Evaluate {
  switch (part.op) {
    case "val":
      return compileKeys(part, inner);
    case "exists":
      return compileExists(part, inner);
    case "??":
      return firstPresent(inner);
    case "matches":
      return compileMatches(part, inner);
    default:
      return compileTyped(part, inner);
  }
}

/** The keys of `val` or of `exists`, where all are given in the rule. */
export function fixedKeys({ operands }: OperationPart): readonly string[] | undefined {
  const keys = operands.map((operand) => (operand.kind === "constant" ? operand.value : undefined));
  return keys.every((key) => typeof key === "string" || typeof key === "number")
    ? keys.map(String)
    : undefined;
}

function compileKeys(part: OperationPart, inner: readonly Evaluate[]): Evaluate {
  const fixed = fixedKeys(part);
  if (fixed !== undefined) return compileGetter(fixed, null);
  return (data, budget) => {
    const keys = inner.map((key) => asText(flat(key(data, budget), budget)));
    return readKeys(data, keys, null);
  };
}

function compileExists(part: OperationPart, inner: readonly Evaluate[]): Evaluate {
  const [only] = inner;
  const byKeys = fixedKeys(part) !== undefined || inner.length !== 1 || only === undefined;
  const read = byKeys ? compileKeys(part, inner) : only;
  return (data, budget) => isPresent(read(data, budget));
}

function firstPresent(inner: readonly Evaluate[]): Evaluate {
  return (data, budget) => {
    for (const operand of inner) {
      const value = operand(data, budget);
      if (isPresent(value)) return value;
    }
    return null;
  };
}

function compileMatches({ matcher }: OperationPart, [subject]: readonly Evaluate[]): Evaluate {
  return (data, budget) => {
    const text = readOperand(subject?.(data, budget), "text");
    if (typeof text !== "string" || matcher === undefined) return null;
    spend(budget, matcher.steps(text.length));
    return matcher.test(text);
  };
}

function compileTyped({ op }: OperationPart, inner: readonly Evaluate[]): Evaluate {
  const spec = extraOperators.get(op);
  const run = spec?.run;
  if (spec === undefined || run === undefined) return () => null;
  const types = inner.map((_, i) => spec.operands[i]?.type ?? "any");
  const count = spec.operands.length === 0 ? 0 : inner.length;
  return (data, budget) => {
    const operands: unknown[] = [];
    for (let i = 0; i < count; i++) {
      const operand = readOperand(inner[i]?.(data, budget), types[i] ?? "any");
      if (operand === undefined) return null;
      operands.push(operand);
    }
    return run(operands, budget) ?? null;
  };
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined && !Number.isNaN(value);
}
