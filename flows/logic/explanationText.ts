import { quoted } from "../problem.ts";
import type { Explanation } from "./explain.ts";
import { roundTo, toNumber } from "./number.ts";

/** Digits of a margin: enough to see it, few enough to hide binary fractions. */
const MARGIN_DIGITS = 9;
/** Operands of `and` or `or` that a sentence lists. */
const LISTED_MAX = 4;

/** One sentence without a full stop: `payload.celsius 5.8 is not above 6 (0.2 below)`. */
export function explanationText(explanation: Explanation): string {
  const unknown = explanation.result === "unknown" || explanation.result === undefined;
  if (unknown) return `unknown: ${explanation.unknownBecause ?? "an input is missing"}`;
  return sentence(explanation);
}

function sentence(explanation: Explanation): string {
  const { op, operands, result, name } = explanation;
  const [left, right, third] = operands;
  switch (op) {
    case "and":
      return listed(operands, result === true ? "all" : false);
    case "or":
      return listed(operands, result === true ? true : "all");
    case "!":
    case "!!":
      return left === undefined ? quoted(result) : explanationText(left);
    case "exists":
      return `${left === undefined ? name : left.name} ${result === true ? "exists" : "is missing"}`;
    case "all":
    case "some":
    case "none":
      return `${quantifierText(op, result === true)} of ${left?.name ?? "the list"}`;
  }
  if (left === undefined || right === undefined) return `${name} is ${quoted(result)}`;
  if (op === "between" && third !== undefined) {
    return `${subject(left)} is ${result === true ? "" : "not "}between ${subject(right)} and ${subject(third)}`;
  }
  const phrase = phrases[op];
  if (phrase === undefined) return `${name} is ${quoted(result)}`;
  return compared(phrase, explanation, [left, right]);
}

/** What a comparison claims: when it is true, and when it is false. */
const phrases: Readonly<Record<string, readonly [string, string]>> = {
  ">": ["is above", "is not above"],
  ">=": ["is at least", "is not at least"],
  "<": ["is below", "is not below"],
  "<=": ["is at most", "is not at most"],
  "==": ["is", "is not"],
  "===": ["is", "is not"],
  "!=": ["is not", "is"],
  "!==": ["is not", "is"],
  in: ["is one of", "is not one of"],
  startsWith: ["starts with", "does not start with"],
  endsWith: ["ends with", "does not end with"],
  contains: ["contains", "does not contain"],
  matches: ["matches", "does not match"],
};

function compared(
  [whenTrue, whenFalse]: readonly [string, string],
  { op, result }: Explanation,
  [left, right]: readonly [Explanation, Explanation],
): string {
  const said = `${subject(left)} ${result === true ? whenTrue : whenFalse} ${subject(right)}`;
  const distance = /[<>]/.test(op) ? marginText(left.result, right.result) : undefined;
  return distance === undefined ? said : `${said} (${distance})`;
}

function marginText(left: unknown, right: unknown): string | undefined {
  const a = toNumber(left);
  const b = toNumber(right);
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return "exactly equal";
  return `${roundTo(Math.abs(a - b), MARGIN_DIGITS)} ${a > b ? "above" : "below"}`;
}

/** The name with its value; a constant is its own name. */
function subject({ op, name, result }: Explanation): string {
  return op === "constant" || op === "list" ? name : `${name} ${quoted(result)}`;
}

/** The operands that decided: all of them, or those with the deciding result. */
function listed(operands: readonly Explanation[], decisive: boolean | "all"): string {
  const shown = operands.filter((operand) => decisive === "all" || Boolean(operand.result) === decisive);
  const texts = shown.slice(0, LISTED_MAX).map(explanationText);
  if (shown.length > LISTED_MAX) texts.push(`${shown.length - LISTED_MAX} more`);
  return texts.join(" and ") || "no condition";
}

function quantifierText(op: string, holds: boolean): string {
  if (op === "none") return holds ? "the condition holds for none" : "the condition holds for at least one";
  if (op === "some") return holds ? "the condition holds for at least one" : "the condition holds for none";
  return holds ? "the condition holds for all" : "the condition does not hold for all";
}
