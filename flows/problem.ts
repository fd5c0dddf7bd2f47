/**
 * What a user can fix: one shape in the API, the command line and the editor.
 * `path` is a JSON pointer into the document that was checked.
 */
export interface Problem {
  readonly code: string;
  readonly severity: "error" | "warning" | "hint";
  readonly node?: string;
  readonly field?: string;
  readonly path: string;
  /** One sentence with the offending value and what to do about it. */
  readonly message: string;
}

/** True when at least one problem forbids to run what was checked. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

/** Shows a value inside a sentence: JSON, cut short, never a whole payload. */
export function quoted(value: unknown, lengthMax = 60): string {
  const text = typeof value === "string" ? `"${value}"` : (JSON.stringify(value) ?? String(value));
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text;
}

/** One segment of a JSON pointer (RFC 6901). */
export function pointer(...segments: readonly (string | number)[]): string {
  return segments
    .map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
