import { quoted } from "../problem.ts";
import { isListOperator } from "./arrays.ts";
import { beginEvaluation, type Budget } from "./budget.ts";
import type { Evaluate } from "./closures.ts";
import { guardedRow } from "./guardedRow.ts";
import { compileJudge, compileReading } from "./judge.ts";
import type { OperationPart, Part } from "./parts.ts";
import { formatPath } from "./path.ts";
import { ownPaths } from "./rulePaths.ts";

/** What each part of a rule came to, for traces and for "why not?". */
export interface Explanation {
  /** JSON pointer into the rule. */
  readonly path: string;
  /** The operator, or `constant` or `list`. */
  readonly op: string;
  readonly operands: readonly Explanation[];
  /** The value; `"unknown"` for a condition that is, and `undefined` for a value that is missing. */
  readonly result: unknown;
  /** How a person would name the part: a path, a constant, a small formula. */
  readonly name: string;
  readonly unknownBecause?: string;
}

/** Operators whose result is a verdict. */
const conditions: ReadonlySet<string> = new Set([
  "and",
  "or",
  "!",
  "!!",
  "<",
  "<=",
  ">",
  ">=",
  "==",
  "!=",
  "===",
  "!==",
  "in",
  "all",
  "some",
  "none",
  "exists",
  "between",
  "startsWith",
  "endsWith",
  "contains",
  "matches",
]);

const formulas: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%"]);

type Explain = (data: unknown, budget: Budget) => Explanation;

/** Compiles a part to a closure that tells what it and everything below it came to. */
export function compileExplain(part: Part): Explain {
  if (part.kind !== "operation") return explainLeaf(part);
  const row = guardedRow(part);
  if (row !== undefined) return compileExplain(row);
  const { op, at } = part;
  const seen = isListOperator(op) ? part.operands.slice(0, 1) : part.operands;
  const inner = seen.map(compileExplain);
  const result = compileResult(part);
  return (data, budget) => {
    const operands = inner.map((explain) => explain(data, budget));
    const outcome = attempt(result, data, budget);
    const name = nameOf(part, operands);
    const plain = { path: at, op, operands, result: outcome.result, name };
    if (outcome.failure !== undefined) return { ...plain, unknownBecause: outcome.failure };
    const unknown = outcome.result === undefined || outcome.result === "unknown";
    return unknown ? { ...plain, unknownBecause: reasonOf(part, name, operands) } : plain;
  };
}

function explainLeaf(part: Exclude<Part, OperationPart>): Explain {
  const evaluate = compileReading(part);
  return (data, budget) => {
    const { result } = attempt(evaluate, data, budget);
    return { path: part.at, op: part.kind, operands: [], result, name: quoted(result) };
  };
}

function compileResult(part: OperationPart): Evaluate {
  return conditions.has(part.op) ? compileJudge(part) : compileReading(part);
}

function attempt(evaluate: Evaluate, data: unknown, budget: Budget): { result: unknown; failure?: string } {
  try {
    beginEvaluation(budget, data);
    return { result: evaluate(data, budget) };
  } catch (error) {
    return { result: undefined, failure: error instanceof Error ? error.message : "the rule failed" };
  }
}

function nameOf(part: OperationPart, operands: readonly Explanation[]): string {
  const [path] = ownPaths(part);
  if ((part.op === "var" || part.op === "val") && path !== undefined)
    return formatPath(path) || "the message";
  const names = operands.map((operand) => operand.name);
  return formulas.has(part.op) && names.length > 1
    ? names.join(` ${part.op} `)
    : `${part.op}(${names.join(", ")})`;
}

function reasonOf(part: OperationPart, name: string, operands: readonly Explanation[]): string {
  if (part.op === "var" || part.op === "val") return `${name} is missing`;
  const below = operands.find((operand) => operand.unknownBecause !== undefined)?.unknownBecause;
  if (below !== undefined) return below;
  const wrong = operands.find((operand) => operand.op !== "constant") ?? operands[0];
  if (wrong === undefined) return "the rule gives nothing";
  if (isListOperator(part.op)) {
    return Array.isArray(wrong.result)
      ? `an item of ${wrong.name} lacks a value`
      : `${wrong.name} is no list`;
  }
  return `${wrong.name} ${quoted(wrong.result)} cannot be used here`;
}
