import type { Budget } from "./budget.ts";

/** Three-valued truth: unknown where an input is missing or unusable, or where the rule failed. */
export type Verdict = boolean | "unknown";

/** A compiled part that gives a value. */
export type Evaluate = (data: unknown, budget: Budget) => unknown;

/** A compiled part that gives a verdict. */
export type Judge = (data: unknown, budget: Budget) => Verdict;
