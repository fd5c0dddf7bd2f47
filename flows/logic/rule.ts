import { NodeError } from "../errors.ts";
import { beginEvaluation, createBudget, recordFailure, type Budget } from "./budget.ts";
import type { Evaluate, Judge, Verdict } from "./closures.ts";
import { compileEvaluate } from "./evaluate.ts";
import { compileExplain, type Explanation } from "./explain.ts";
import { compileJudge, compileReading } from "./judge.ts";
import { type Part, readParts } from "./parts.ts";
import { ruleAdvice } from "./ruleAdvice.ts";
import { rulePaths } from "./rulePaths.ts";
import { ruleError, type RuleProblem } from "./ruleProblem.ts";

export type { Verdict } from "./closures.ts";
export type { Explanation } from "./explain.ts";
export { explanationText } from "./explanationText.ts";
export type { RuleProblem } from "./ruleProblem.ts";

/** A JsonLogic rule, ready to run. It only reads, so one rule may serve any number of runs. */
export interface Rule {
  /** The rule as it is stored. */
  readonly source: unknown;
  /** The value json-logic-js gives. Throws `rule.failed` where that throws, and `limit.*` at a limit. */
  value(data: unknown, budget: Budget): unknown;
  /** The value, or `undefined` where an input it needs is missing or unusable. Throws as `value` does. */
  reading(data: unknown, budget: Budget): unknown;
  /** True, false or unknown. A failure is unknown and is recorded in the budget; throws only at a limit. */
  verdict(data: unknown, budget: Budget): Verdict;
  /** Why the rule gives what it gives; slow, for traces and the editor. */
  explain(data: unknown, zone?: string): Explanation;
  /** Data paths the rule reads, as keys; an empty path stands for all of the data. */
  readonly paths: readonly (readonly string[])[];
}

/** Compiles a rule. Never throws: what is wrong is told all at once, and with an error there is no rule. */
export function compileRule(source: unknown): {
  readonly rule?: Rule;
  readonly problems: readonly RuleProblem[];
} {
  try {
    const { part, problems } = readParts(source);
    if (part === undefined) return { problems };
    return { rule: createRule(source, part), problems: ruleAdvice(part) };
  } catch (error) {
    // Only a source that is no plain JSON, say with a getter that throws, comes here.
    return { problems: [ruleError("rule.not-json", "", `The rule cannot be read: ${sentenceOf(error)}`)] };
  }
}

function createRule(source: unknown, part: Part): Rule {
  const evaluate = compileEvaluate(part);
  const read = compileReading(part);
  const judge = compileJudge(part);
  let explain: ReturnType<typeof compileExplain> | undefined;
  return {
    source,
    value: (data, budget) => run(evaluate, data, budget),
    reading: (data, budget) => run(read, data, budget) ?? undefined,
    verdict: (data, budget) => decide(judge, data, budget),
    explain(data, zone) {
      explain ??= compileExplain(part);
      return explain(data, createBudget(zone));
    },
    paths: rulePaths(part),
  };
}

function run(evaluate: Evaluate, data: unknown, budget: Budget): unknown {
  try {
    beginEvaluation(budget, data);
    return evaluate(data, budget);
  } catch (error) {
    throw failureOf(error);
  }
}

function decide(judge: Judge, data: unknown, budget: Budget): Verdict {
  try {
    beginEvaluation(budget, data);
    return judge(data, budget);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code !== "rule.failed") throw failure;
    recordFailure(budget, failure);
    return "unknown";
  }
}

function failureOf(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  return new NodeError("rule.failed", `The rule failed: ${sentenceOf(error)}`, { cause: error });
}

function sentenceOf(error: unknown): string {
  return `${error instanceof Error ? error.message : "of an unknown reason"}.`;
}
