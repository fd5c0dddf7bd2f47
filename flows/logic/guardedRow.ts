import { isEquality, isNull, isNullTest, isOrder } from "./comparison.ts";
import type { OperationPart, Part } from "./parts.ts";

/** Operators that, like comparisons, are unknown when an operand is missing; so each can be a row of the builder. */
const rowOperators: ReadonlySet<string> = new Set([
  "in",
  "between",
  "contains",
  "startsWith",
  "endsWith",
  "matches",
]);

/**
 * `{"and":[{"!==":[V,null]}, comparison of V]}` is what the condition builder stores for one row, so that any JsonLogic
 * engine fires exactly when Millrace does. Gives the comparison, whose verdict is the row's: unknown when V is
 * missing, where the guard alone would make it false, and true under `!`.
 */
export function guardedRow({ op, operands }: OperationPart): OperationPart | undefined {
  const [guard, row] = operands;
  if (op !== "and" || operands.length !== 2 || guard?.kind !== "operation" || row?.kind !== "operation")
    return undefined;
  const [subject, nothing] = guard.operands;
  const isGuard = (guard.op === "!==" || guard.op === "!=") && guard.operands.length === 2 && isNull(nothing);
  const isRow = isOrder(row.op) || (isEquality(row.op) && !isNullTest(row)) || rowOperators.has(row.op);
  if (!isGuard || !isRow || subject === undefined) return undefined;
  return row.operands.some((operand) => sameParts(operand, subject)) ? row : undefined;
}

function sameParts(a: Part, b: Part): boolean {
  if (a.kind === "constant")
    return b.kind === "constant" && JSON.stringify(a.value) === JSON.stringify(b.value);
  if (a.kind === "list") return b.kind === "list" && sameLists(a.items, b.items);
  return b.kind === "operation" && a.op === b.op && sameLists(a.operands, b.operands);
}

function sameLists(a: readonly Part[], b: readonly Part[]): boolean {
  return a.length === b.length && a.every((part, i) => b[i] !== undefined && sameParts(part, b[i]));
}
