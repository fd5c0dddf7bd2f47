import { isRecord } from "./isRecord.ts";

/** Short texts for the cards of nodes, made from settings as they are stored. */

const LENGTH_MAX = 60;
const COMPARISONS: Readonly<Record<string, string>> = {
  "<": "below",
  "<=": "at most",
  ">": "above",
  ">=": "at least",
  "==": "is",
  "===": "is",
  "!=": "is not",
  "!==": "is not",
  in: "in",
  startsWith: "starts with",
  endsWith: "ends with",
  contains: "contains",
};

/** A text cut to the length of a card's line. */
export function short(text: string, lengthMax = LENGTH_MAX): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > lengthMax ? `${line.slice(0, lengthMax - 1)}…` : line;
}

/** A stored condition in words: `temp above 6 and humidity below 40`. */
export function conditionText(rule: unknown): string {
  return short(ruleText(rule) ?? "by a rule");
}

/** A stored value in words: the name of a field, a constant, or `a rule`. */
export function valueText(value: unknown): string {
  return short(operandText(value) ?? "a rule");
}

function ruleText(rule: unknown): string | undefined {
  if (typeof rule === "boolean") return rule ? "always" : "never";
  const [op, operands] = partsOf(rule);
  if (op === undefined) return undefined;
  if (op === "and" && isGuard(operands)) return ruleText(operands[1]);
  if (op === "and" || op === "or") {
    const rows = operands.map(ruleText);
    return rows.includes(undefined) ? undefined : rows.join(` ${op} `);
  }
  if (op === "!") {
    const inner = ruleText(operands[0]);
    return inner === undefined ? undefined : `not (${inner})`;
  }
  if (op === "var" || op === "val") return operandText(rule);
  const word = COMPARISONS[op];
  const texts = operands.map(operandText);
  if (word === undefined || operands.length !== 2 || texts.includes(undefined)) return undefined;
  return `${texts[0]} ${word} ${texts[1]}`;
}

function operandText(operand: unknown): string | undefined {
  const [op, operands] = partsOf(operand);
  if (op === "var") return fieldText(String(operands[0]).split("."));
  if (op === "val") return fieldText(operands.map(String));
  if (op !== undefined) return undefined;
  if (operand === null) return "missing";
  if (Array.isArray(operand)) return operand.map(operandText).join(", ");
  return typeof operand === "string" ? operand : JSON.stringify(operand);
}

/** `payload.temp` is `temp` to a reader. */
function fieldText(keys: readonly string[]): string {
  return keys[0] === "payload" && keys.length > 1 ? keys.slice(1).join(".") : keys.join(".");
}

/** The form the condition builder writes for one row: the value is there, and it compares. */
function isGuard(operands: readonly unknown[]): boolean {
  if (operands.length !== 2) return false;
  const [op, [, nothing]] = partsOf(operands[0]);
  return (op === "!==" || op === "!=") && nothing === null;
}

function partsOf(rule: unknown): readonly [string | undefined, readonly unknown[]] {
  const [entry, ...more] = isRecord(rule) ? Object.entries(rule) : [];
  if (entry === undefined || more.length > 0) return [undefined, []];
  const [op, operands] = entry;
  return [op, Array.isArray(operands) ? operands : [operands]];
}
