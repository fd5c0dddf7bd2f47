import type { Budget } from "./budget.ts";
import { readConstant } from "./parts.ts";
import { type RuleProblem, compileRule } from "./rule.ts";
import { compileTemplate } from "./template.ts";

/** A value that is fixed or computed from a message. */
export interface CompiledValue {
  readonly source: unknown;
  readonly paths: readonly (readonly string[])[];
  /** The value; `undefined` when an input it needs is missing. Throws `rule.failed` and `limit.*`. */
  of(data: unknown, budget: Budget): unknown;
}

/**
 * Compiles a value: an object with exactly one key is a JsonLogic rule, a text with `{{` is a template (one that is
 * a single value keeps that value's type), and everything else is a constant. Never throws.
 */
export function compileValue(source: unknown): {
  readonly value?: CompiledValue;
  readonly problems: readonly RuleProblem[];
} {
  if (isRule(source)) return compileRuleValue(source);
  if (typeof source === "string" && source.includes("{{")) return compileText(source);
  const { value: constant, problems } = readConstant(source);
  if (problems.length > 0) return { problems };
  return { value: { source, paths: [], of: () => constant ?? undefined }, problems };
}

/** A rule as a value; also what `{"$rule": ...}` of a mapping holds. */
export function compileRuleValue(source: unknown): ReturnType<typeof compileValue> {
  const { rule, problems } = compileRule(source);
  if (rule === undefined) return { problems };
  return { value: { source, paths: rule.paths, of: (data, budget) => rule.reading(data, budget) }, problems };
}

function compileText(source: string): ReturnType<typeof compileValue> {
  const { template, problems } = compileTemplate(source);
  if (template === undefined) return { problems };
  const value = {
    source,
    paths: template.paths,
    of: (data: unknown, budget: Budget) => template.value(data, budget.zone),
  };
  return { value, problems };
}

function isRule(source: unknown): boolean {
  return (
    typeof source === "object" &&
    source !== null &&
    !Array.isArray(source) &&
    Object.keys(source).length === 1
  );
}
