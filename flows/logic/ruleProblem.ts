/** What is wrong with a rule, a template or a mapping; `path` is a JSON pointer into its source. */
export interface RuleProblem {
  readonly code: string;
  readonly severity: "error" | "warning" | "hint";
  readonly path: string;
  /** One sentence with the offending value and what to do about it. */
  readonly message: string;
}

/** A problem that forbids to use the source. */
export function ruleError(code: string, path: string, message: string): RuleProblem {
  return { code, severity: "error", path, message };
}

/** True when at least one problem forbids to use the source. */
export function hasRuleErrors(problems: readonly RuleProblem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
