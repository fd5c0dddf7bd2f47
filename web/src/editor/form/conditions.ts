import { formatPath, parsePath } from "#flows/logic/path.ts";
import { sameJson } from "../diff.ts";

/** A field of the message, or a fixed value. */
export type Operand =
  | { readonly kind: "field"; readonly path: string }
  | { readonly kind: "literal"; readonly value: unknown };

/** One comparison. `guarded` tells that the rule also asks whether the field is there, as the builder writes it. */
export interface ConditionRow {
  readonly kind: "row";
  readonly path: string;
  readonly compare: CompareId;
  readonly operands: readonly Operand[];
  readonly guarded: boolean;
}

/** Several parts of which all, any or none must hold. */
export interface ConditionGroup {
  readonly kind: "group";
  readonly match: "all" | "any" | "none";
  readonly parts: readonly ConditionPart[];
}

/** A rule that the builder cannot show; it is kept exactly as it is. */
export interface CustomRule {
  readonly kind: "custom";
  readonly rule: unknown;
}

export type ConditionPart = ConditionRow | ConditionGroup | CustomRule;

export type CompareId =
  | "above"
  | "at-least"
  | "below"
  | "at-most"
  | "is"
  | "is-not"
  | "between"
  | "one-of"
  | "contains"
  | "starts-with"
  | "ends-with"
  | "present"
  | "missing";

export interface Comparison {
  readonly id: CompareId;
  /** As it stands between field and value. */
  readonly words: string;
  readonly operandCount: 0 | 1 | 2;
}

/** Groups within groups, at most. */
export const GROUPS_DEEP = 4;

export const comparisons: readonly Comparison[] = [
  { id: "above", words: "is above", operandCount: 1 },
  { id: "at-least", words: "is at least", operandCount: 1 },
  { id: "below", words: "is below", operandCount: 1 },
  { id: "at-most", words: "is at most", operandCount: 1 },
  { id: "is", words: "is", operandCount: 1 },
  { id: "is-not", words: "is not", operandCount: 1 },
  { id: "between", words: "is between", operandCount: 2 },
  { id: "one-of", words: "is one of", operandCount: 1 },
  { id: "contains", words: "contains", operandCount: 1 },
  { id: "starts-with", words: "starts with", operandCount: 1 },
  { id: "ends-with", words: "ends with", operandCount: 1 },
  { id: "present", words: "is there", operandCount: 0 },
  { id: "missing", words: "is missing", operandCount: 0 },
];

const ORDERS: ReadonlyMap<string, CompareId> = new Map([
  [">", "above"],
  [">=", "at-least"],
  ["<", "below"],
  ["<=", "at-most"],
  ["==", "is"],
  ["!=", "is-not"],
  ["startsWith", "starts-with"],
  ["endsWith", "ends-with"],
]);
const OPERATORS: ReadonlyMap<CompareId, string> = new Map([...ORDERS].map(([op, id]) => [id, op]));

/** Reads a stored rule as the builder shows it. Nothing is lost: what is not understood stands as a custom part. */
export function readCondition(rule: unknown): ConditionGroup {
  if (rule === undefined) return { kind: "group", match: "all", parts: [] };
  const part = readPart(rule);
  return part.kind === "group" ? part : { kind: "group", match: "all", parts: [part] };
}

/** The rule to store; `undefined` for a condition without parts. */
export function writeCondition(group: ConditionGroup): unknown {
  const [only] = group.parts;
  if (only === undefined) return undefined;
  return group.match === "all" && group.parts.length === 1 && only.kind !== "group"
    ? writePart(only)
    : writePart(group);
}

/** A row as the builder starts one. */
export function newRow(path: string, value: unknown): ConditionRow {
  const compare = typeof value === "number" ? "above" : "is";
  return { kind: "row", path, compare, operands: [{ kind: "literal", value: value ?? "" }], guarded: true };
}

/** The row with another comparison and as many values as that one needs. */
export function withComparison(row: ConditionRow, compare: CompareId): ConditionRow {
  const count = comparisons.find(({ id }) => id === compare)?.operandCount ?? 1;
  const filler: Operand = { kind: "literal", value: compare === "one-of" ? [] : 0 };
  const kept = row.operands.map((operand) => fitting(operand, compare));
  const operands = Array.from({ length: count }, (_, index) => kept[index] ?? filler);
  return { ...row, compare, operands };
}

/** The rule that reads a path: `var`, or `val` where a key holds a dot that `var` would split at. */
export function readerOf(path: string): unknown {
  const { keys = [path] } = parsePath(path);
  return keys.some((key) => key.includes(".") || key === "") ? { val: keys } : { var: keys.join(".") };
}

/** The path that such a rule reads, in its text form. */
export function pathOfReader(rule: unknown): string | undefined {
  const [op, operand] = single(rule) ?? [];
  if (op === "var" && typeof operand === "string" && operand !== "") return formatPath(operand.split("."));
  if (
    op === "val" &&
    Array.isArray(operand) &&
    operand.length > 0 &&
    operand.every((key) => typeof key === "string")
  )
    return formatPath(operand);
  return undefined;
}

function fitting(operand: Operand, compare: CompareId): Operand {
  if (operand.kind === "field") return operand;
  const isList = Array.isArray(operand.value);
  if (compare === "one-of") return isList ? operand : { kind: "literal", value: [operand.value] };
  return isList ? { kind: "literal", value: (operand.value as readonly unknown[])[0] ?? "" } : operand;
}

function writePart(part: ConditionPart): unknown {
  switch (part.kind) {
    case "custom":
      return part.rule;
    case "row":
      return writeRow(part);
    case "group": {
      const parts = part.parts.map(writePart);
      if (part.match === "none") return { "!": [{ or: parts }] };
      return { [part.match === "all" ? "and" : "or"]: parts };
    }
  }
}

function writeRow({ path, compare, operands, guarded }: ConditionRow): unknown {
  const subject = readerOf(path);
  if (compare === "present") return { "!==": [subject, null] };
  if (compare === "missing") return { "===": [subject, null] };
  const [first, second] = operands.map((operand) =>
    operand.kind === "field" ? readerOf(operand.path) : operand.value,
  );
  const comparison = writeComparison(compare, subject, [first, second]);
  return guarded ? { and: [{ "!==": [subject, null] }, comparison] } : comparison;
}

function writeComparison(compare: CompareId, subject: unknown, [first, second]: readonly unknown[]): unknown {
  if (compare === "between") return { "<=": [first, subject, second] };
  if (compare === "one-of") return { in: [subject, first] };
  if (compare === "contains") return { in: [first, subject] };
  return { [OPERATORS.get(compare) ?? "=="]: [subject, first] };
}

function readPart(rule: unknown): ConditionPart {
  const guarded = readGuarded(rule);
  if (guarded !== undefined) return guarded;
  const row = readComparison(rule);
  if (row !== undefined) return row;
  const [op, operands] = single(rule) ?? [];
  if ((op === "and" || op === "or") && Array.isArray(operands) && operands.length > 0)
    return { kind: "group", match: op === "and" ? "all" : "any", parts: operands.map(readPart) };
  if (op === "!") {
    const [negated] = Array.isArray(operands) ? operands : [operands];
    const [inner, parts] = single(negated) ?? [];
    if (inner === "or" && Array.isArray(parts) && parts.length > 0)
      return { kind: "group", match: "none", parts: parts.map(readPart) };
  }
  return { kind: "custom", rule };
}

/** `{"and":[{"!==":[V,null]}, comparison of V]}`: one row. */
function readGuarded(rule: unknown): ConditionRow | undefined {
  const [op, operands] = single(rule) ?? [];
  if (op !== "and" || !Array.isArray(operands) || operands.length !== 2) return undefined;
  const guard = readComparison(operands[0]);
  const row = readComparison(operands[1]);
  if (guard?.compare !== "present" || row === undefined || row.path !== guard.path) return undefined;
  if (row.compare === "present" || row.compare === "missing") return undefined;
  return { ...row, guarded: true };
}

function readComparison(rule: unknown): ConditionRow | undefined {
  const found = findComparison(rule);
  // Only what would be written back just so may be shown as a row.
  return found !== undefined && sameJson(writeRow(found), rule) ? found : undefined;
}

function findComparison(rule: unknown): ConditionRow | undefined {
  const [op = "", operands] = single(rule) ?? [];
  if (!Array.isArray(operands)) return undefined;
  const [left, right, third] = operands as readonly unknown[];
  const row = (
    subject: unknown,
    compare: CompareId,
    values: readonly unknown[],
  ): ConditionRow | undefined => {
    const path = pathOfReader(subject);
    const read = values.map(readOperand);
    if (path === undefined || read.some((operand) => operand === undefined)) return undefined;
    return {
      kind: "row",
      path,
      compare,
      operands: read.filter((operand) => operand !== undefined),
      guarded: false,
    };
  };
  if (op === "!==" && right === null) return row(left, "present", []);
  if (op === "===" && right === null) return row(left, "missing", []);
  if (op === "<=" && operands.length === 3) return row(right, "between", [left, third]);
  if (op === "in")
    return Array.isArray(right) ? row(left, "one-of", [right]) : row(right, "contains", [left]);
  const compare = ORDERS.get(op);
  return compare === undefined ? undefined : row(left, compare, [right]);
}

function readOperand(rule: unknown): Operand | undefined {
  const path = pathOfReader(rule);
  if (path !== undefined) return { kind: "field", path };
  const isPlain =
    typeof rule !== "object" || (Array.isArray(rule) && rule.every((item) => typeof item !== "object"));
  return isPlain && rule !== undefined ? { kind: "literal", value: rule } : undefined;
}

function single(rule: unknown): readonly [string, unknown] | undefined {
  if (typeof rule !== "object" || rule === null || Array.isArray(rule)) return undefined;
  const entries = Object.entries(rule);
  return entries.length === 1 ? entries[0] : undefined;
}
