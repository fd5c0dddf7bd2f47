import type { Problem } from "#flows/problem.ts";

/** Why a request about a flow was refused. */
export type CatalogErrorCode =
  | "flow.unknown"
  | "flow.stale"
  | "flow.invalid"
  | "flow.too-many"
  | "flow.version-unknown"
  | "template.unknown"
  | "node.unknown";

/** A refusal with a sentence for the user; `problems` and `revision` where they help to mend it. */
export class CatalogError extends Error {
  override readonly name = "CatalogError";
  readonly code: CatalogErrorCode;
  readonly problems: readonly Problem[] | undefined;
  readonly revision: number | undefined;

  constructor(
    code: CatalogErrorCode,
    message: string,
    details: { readonly problems?: readonly Problem[]; readonly revision?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.problems = details.problems;
    this.revision = details.revision;
  }
}
