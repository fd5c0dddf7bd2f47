import type { Problem } from "#flows/problem.ts";
import { pointer } from "#flows/problem.ts";

/** A problem of a setting; `path` starts at the settings of the form that shows it. */
export interface FormProblem {
  readonly path: string;
  readonly message: string;
  readonly severity: Problem["severity"];
}

/** The problems of a node's settings, as its form takes them. */
export function problemsOfConfig(problems: readonly Problem[], node: string): readonly FormProblem[] {
  return below(problems, "nodes", node, "config");
}

/** The problems within a part of the settings, with paths that start there. */
export function below(
  problems: readonly FormProblem[],
  ...segments: readonly string[]
): readonly FormProblem[] {
  const prefix = `${pointer(...segments)}/`;
  return problems.flatMap(({ path, message, severity }) =>
    path.startsWith(prefix) ? [{ path: path.slice(prefix.length - 1), message, severity }] : [],
  );
}

/** What a field itself has to say: its own problems, and with `deep` also those of its parts. */
export function problemAt(
  problems: readonly FormProblem[],
  name: string,
  deep: boolean,
): FormProblem | undefined {
  const own = pointer(name);
  return problems.find(({ path }) => path === own || (deep && path.startsWith(`${own}/`)));
}
