import { quoted } from "../problem.ts";
import { filters } from "./filters.ts";
import { parsePath } from "./path.ts";
import { type RuleProblem, ruleError } from "./ruleProblem.ts";

/** A template, read: texts and values in turn. */
export type TemplatePart = string | TemplateValue;

/** `{{path | filter: argument}}`. */
export interface TemplateValue {
  readonly keys: readonly string[];
  readonly filters: readonly TemplateFilter[];
  /** The expression as it was written, without the braces. */
  readonly source: string;
}

/** One filter with its arguments. */
export interface TemplateFilter {
  readonly name: string;
  readonly given: readonly unknown[];
}

const nameText = /^[A-Za-z]+$/;
const numberText = /^-?\d+(?:\.\d+)?$/;

/** Splits a template and reports everything that is wrong with it. */
export function readTemplate(text: string): {
  readonly parts: readonly TemplatePart[];
  readonly problems: readonly RuleProblem[];
} {
  const parts: TemplatePart[] = [];
  const problems: RuleProblem[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{{", at);
    if (open < 0) break;
    const close = findUnquoted(text, "}}", open + 2);
    if (close < 0) {
      problems.push(templateError(`${quoted(text.slice(open), 30)} is not closed; end it with }}.`));
      break;
    }
    if (open > at) parts.push(text.slice(at, open));
    parts.push(readExpression(text.slice(open + 2, close).trim(), problems));
    at = close + 2;
  }
  if (at < text.length && problems.length === 0) parts.push(text.slice(at));
  return { parts, problems };
}

/** A quoted text stands for itself: `{{"{{"}}` is how a template writes two braces. */
function readExpression(source: string, problems: RuleProblem[]): TemplatePart {
  const [head = "", ...rest] = splitUnquoted(source, "|");
  const literal = unquoted(head.trim());
  if (literal !== undefined && rest.length === 0) return literal;
  const { keys = [], problem } = parsePath(head);
  if (problem !== undefined) problems.push(templateError(problem));
  return { keys, source, filters: rest.flatMap((text) => readFilter(text, problems)) };
}

function readFilter(text: string, problems: RuleProblem[]): readonly TemplateFilter[] {
  const colon = findUnquoted(text, ":", 0);
  const name = (colon < 0 ? text : text.slice(0, colon)).trim();
  const given = colon < 0 ? [] : splitUnquoted(text.slice(colon + 1), ",").map(readArgument);
  const filter = nameText.test(name) ? filters.get(name) : undefined;
  if (filter === undefined) {
    problems.push(
      templateError(`There is no filter ${quoted(name)}; there are ${[...filters.keys()].join(", ")}.`),
    );
    return [];
  }
  if (given.length < filter.required || given.length > filter.arguments.length) {
    const takes = filter.arguments.join(", ") || "no argument";
    problems.push(templateError(`The filter ${quoted(name)} takes ${takes}, not ${given.length} arguments.`));
  }
  return [{ name, given }];
}

/** A quoted text, a number, true, false, or a bare word. */
function readArgument(text: string): unknown {
  const bare = text.trim();
  if (numberText.test(bare)) return Number(bare);
  if (bare === "true" || bare === "false") return bare === "true";
  return unquoted(bare) ?? bare;
}

function unquoted(text: string): string | undefined {
  const quote = text[0];
  if (text.length < 2 || (quote !== '"' && quote !== "'") || !text.endsWith(quote)) return undefined;
  const inner = text.slice(1, -1);
  return inner.replaceAll(/\\(n|t|.)/gs, (_, letter: string) => ({ n: "\n", t: "\t" })[letter] ?? letter);
}

function splitUnquoted(text: string, separator: string): readonly string[] {
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    const end = findUnquoted(text, separator, at);
    pieces.push(text.slice(at, end < 0 ? undefined : end));
    if (end < 0) return pieces;
    at = end + separator.length;
  }
}

/** The place of a text outside of quotes, or -1. */
function findUnquoted(text: string, wanted: string, from: number): number {
  let quote = "";
  for (let at = from; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (quote !== "") {
      if (letter === "\\") at += 1;
      else if (letter === quote) quote = "";
    } else if (text.startsWith(wanted, at)) return at;
    else if (letter === '"' || letter === "'") quote = letter;
  }
  return -1;
}

function templateError(message: string): RuleProblem {
  return ruleError("template.syntax", "", message);
}
