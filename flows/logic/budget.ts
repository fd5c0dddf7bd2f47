import { NodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import { ruleLimits } from "./ruleLimits.ts";

/** What the rules of one run may still spend, and what they have to report. Make one for each run. */
export interface Budget {
  /** Steps that the evaluation at work may still take. */
  evaluationStepsLeft: number;
  /** Steps that all rules of the run together may still take. */
  runStepsLeft: number;
  /** What the evaluation at work reads: the operator `now` finds the message here, even inside `map`. */
  data: unknown;
  /** Time zone for `hourOf` and `weekdayOf` where the rule names none. */
  readonly zone: string;
  /** The first rules that failed while they were judged; their verdict was unknown. */
  readonly failures: NodeError[];
  /** How many failed, those not kept in `failures` included. */
  failureCount: number;
}

/** A full budget for one run. */
export function createBudget(zone = "UTC"): Budget {
  return {
    evaluationStepsLeft: limits.stepsPerEvaluation,
    runStepsLeft: limits.stepsPerRun,
    data: undefined,
    zone,
    failures: [],
    failureCount: 0,
  };
}

/** Opens an evaluation: its own steps are full again, and it costs one step of the run. */
export function beginEvaluation(budget: Budget, data: unknown): void {
  budget.evaluationStepsLeft = limits.stepsPerEvaluation;
  budget.data = data;
  spend(budget, 1);
}

/** Takes steps; throws `limit.steps` when none are left, which ends the run. */
export function spend(budget: Budget, steps: number): void {
  budget.evaluationStepsLeft -= steps;
  budget.runStepsLeft -= steps;
  if (budget.evaluationStepsLeft < 0 || budget.runStepsLeft < 0) throw stepsBreach(budget);
}

/** Remembers that a rule had no verdict because it failed. */
export function recordFailure(budget: Budget, failure: NodeError): void {
  budget.failureCount += 1;
  if (budget.failures.length < ruleLimits.failuresKept) budget.failures.push(failure);
}

function stepsBreach(budget: Budget): NodeError {
  const sentence =
    budget.evaluationStepsLeft < 0
      ? `A rule took more than ${limits.stepsPerEvaluation} steps; use shorter lists or fewer nested list operators.`
      : `The rules of one run took more than ${limits.stepsPerRun} steps together.`;
  return new NodeError("limit.steps", sentence);
}
