import { quoted } from "../problem.ts";
import { isListOperator } from "./arrays.ts";
import { isEquality } from "./comparison.ts";
import type { Part } from "./parts.ts";
import { ownPaths, rulePaths } from "./rulePaths.ts";
import type { RuleProblem } from "./ruleProblem.ts";

/** Roots of a message that people reach for inside a list, where JsonLogic shows only the item. */
const messageRoots: ReadonlySet<string> = new Set([
  "payload",
  "topic",
  "levels",
  "params",
  "device",
  "facts",
  "retain",
  "qos",
]);

/** What is allowed in a rule but rarely meant. */
export function ruleAdvice(part: Part): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  if (part.kind === "operation" && rulePaths(part).length === 0) {
    problems.push(
      warning(
        "rule.constant",
        part.at,
        "The rule reads nothing of the message, so its result never changes.",
      ),
    );
  }
  adviseOn(part, false, problems);
  return problems;
}

function adviseOn(part: Part, inItem: boolean, problems: RuleProblem[]): void {
  if (part.kind === "constant") return;
  if (part.kind === "list") {
    for (const item of part.items) adviseOn(item, inItem, problems);
    return;
  }
  const { op, operands, at } = part;
  const outer = inItem
    ? ownPaths(part).find(([root]) => root !== undefined && messageRoots.has(root))
    : undefined;
  if (outer !== undefined) {
    const message = `Inside a list only the item can be read, so ${quoted(outer.join("."))} is looked up in the item.`;
    problems.push(warning("rule.shadowed", at, message));
  }
  const fraction = isEquality(op) ? operands.find(isFraction) : undefined;
  if (fraction !== undefined) {
    const message = "Two fractions are rarely exactly equal; compare with a range (between) instead.";
    problems.push(warning("rule.float-equality", fraction.at, message));
  }
  const walks = isListOperator(op);
  for (const [i, operand] of operands.entries()) adviseOn(operand, inItem || (walks && i === 1), problems);
}

function isFraction(part: Part): boolean {
  return part.kind === "constant" && typeof part.value === "number" && !Number.isInteger(part.value);
}

function warning(code: string, path: string, message: string): RuleProblem {
  return { code, severity: "warning", path, message };
}
