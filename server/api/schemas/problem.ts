import type { Problem } from "#flows/problem.ts";
import type { ProblemDocument } from "../contract.ts";
import { anyText, component, integer, listOf, objectOf, oneOf, optional } from "../schema.ts";

export const problem = component(
  "Problem",
  objectOf<Problem>({
    code: anyText,
    severity: oneOf("error", "warning", "hint"),
    node: optional(anyText),
    field: optional(anyText),
    path: { type: "string", description: "JSON pointer into the document that was checked." },
    message: anyText,
  }),
);

export const problemDocument = component(
  "ProblemDocument",
  objectOf<ProblemDocument>(
    {
      type: anyText,
      title: anyText,
      status: integer,
      code: { type: "string", description: "Stable; the documentation lists all." },
      detail: { type: "string", description: "One sentence." },
      problems: optional(listOf(problem.ref)),
      revision: optional({ ...integer, description: "With `flow.stale`: the revision stored now." }),
    },
    "A problem document (RFC 9457).",
  ),
);
