import type { Rule } from "../../logic/rule.ts";
import type { SettingProblem } from "../../node.ts";
import { isRecord } from "../isRecord.ts";

interface Case {
  readonly name: string;
  readonly when: Rule;
}

interface Comparison {
  readonly subject: string;
  readonly op: "<" | "<=" | ">" | ">=";
  readonly limit: number;
}

const RESERVED: ReadonlySet<string> = new Set(["else", "unknown", "error"]);
const PORT_NAME = /^[\p{L}\p{N}][\p{L}\p{N} _-]*$/u;

/** Mistakes in a list of cases: names that cannot be ports, and cases that no message can reach. */
export function caseProblems(cases: readonly Case[], mode: "first" | "all"): readonly SettingProblem[] {
  return cases.flatMap(({ name, when }, index) => {
    const problems: SettingProblem[] = [];
    const path = `cases/${index}`;
    if (!PORT_NAME.test(name))
      problems.push({
        path: `${path}/name`,
        message: `The case "${name}" needs a name of letters, digits, spaces, - and _, because it names a port.`,
      });
    if (RESERVED.has(name))
      problems.push({
        path: `${path}/name`,
        message: `"${name}" is a port of every switch; choose another name.`,
      });
    if (cases.findIndex((other) => other.name === name) < index)
      problems.push({
        path: `${path}/name`,
        message: `Two cases are named "${name}"; each port needs a name of its own.`,
      });
    const before =
      mode === "first" ? cases.slice(0, index).find((other) => covers(other.when, when)) : undefined;
    if (before !== undefined)
      problems.push({
        path: `${path}/when`,
        severity: "warning",
        message: `No message reaches the case "${name}": "${before.name}" before it is true whenever this one is.`,
      });
    return problems;
  });
}

/** True when the first rule is certainly true whenever the second one is: the same rule, or a wider comparison. */
function covers(wide: Rule, narrow: Rule): boolean {
  if (JSON.stringify(wide.source) === JSON.stringify(narrow.source)) return true;
  const [a, b] = [comparisonOf(wide.source), comparisonOf(narrow.source)];
  if (a === undefined || b === undefined || a.subject !== b.subject || a.op[0] !== b.op[0]) return false;
  if (a.limit === b.limit) return a.op.length >= b.op.length;
  return a.op.startsWith(">") ? a.limit < b.limit : a.limit > b.limit;
}

/** One row of the condition builder, guarded or not: a field compared with a number. */
function comparisonOf(source: unknown): Comparison | undefined {
  const [op, operands] = operationOf(source);
  const [first, second] = operands;
  if (op === "and") return isPresenceTest(first, second) ? comparisonOf(second) : undefined;
  if (op !== "<" && op !== "<=" && op !== ">" && op !== ">=") return undefined;
  if (typeof first !== "object" || typeof second !== "number") return undefined;
  return { subject: JSON.stringify(first), op, limit: second };
}

function isPresenceTest(test: unknown, comparison: unknown): boolean {
  const [op, [subject, nothing]] = operationOf(test);
  return op === "!==" && nothing === null && comparisonOf(comparison)?.subject === JSON.stringify(subject);
}

function operationOf(source: unknown): readonly [string, readonly unknown[]] {
  const [[op, operands] = ["", undefined]] = isRecord(source) ? Object.entries(source) : [];
  return [op, Array.isArray(operands) && operands.length === 2 ? operands : []];
}
