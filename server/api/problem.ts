import { STATUS_CODES } from "node:http";
import type { Problem } from "#flows/problem.ts";
import type { ProblemDocument } from "./contract.ts";
import { problemCodes, statusOf, type ProblemCode } from "./problemCodes.ts";

/** What a problem document may tell beside its sentence. */
export interface ProblemDetails {
  readonly problems?: readonly Problem[] | undefined;
  readonly revision?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A request that cannot be served; becomes a problem document (RFC 9457). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly status: number;
  readonly code: string;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, message: string, details: ProblemDetails & ErrorOptions = {}) {
    super(message, details);
    this.status = problemCodes[code].status;
    this.code = code;
    this.details = details;
  }
}

/** An answer that tells of a problem. */
export interface ProblemAnswer {
  readonly document: ProblemDocument;
  readonly headers: Readonly<Record<string, string>>;
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Writes any error of a route or a part as a problem document; `undefined` for one that only the log may see. */
export function problemOf(error: unknown): ProblemAnswer | undefined {
  if (!isRefusal(error)) return undefined;
  const { code, message } = error;
  const status = statusOf(code);
  return status === undefined
    ? undefined
    : write(status, code, message, error instanceof ApiProblem ? error.details : error);
}

/** What is said of an error that nobody expected: nothing of its text, which may hold anything. */
export const unexpectedProblem: ProblemAnswer = write(
  problemCodes["hub.failed"].status,
  "hub.failed",
  "The hub could not do this because of a defect; its log says more.",
  {},
);

function write(status: number, code: string, detail: string, details: ProblemDetails): ProblemAnswer {
  const { problems, revision, retryAfterMs, headers } = details;
  return {
    document: {
      type: `/api/docs#${code}`,
      title: STATUS_CODES[status] ?? "Problem",
      status,
      code,
      detail,
      ...(problems !== undefined && { problems }),
      ...(revision !== undefined && { revision }),
    },
    headers: {
      ...(status === 401 && { "www-authenticate": 'Bearer realm="millrace"' }),
      // Whoever is refused for lack of room should not come back at once.
      ...((retryAfterMs !== undefined || status === 503) && {
        "retry-after": String(Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000))),
      }),
      ...headers,
    },
  };
}

/** How parts refuse: an error with a code, and perhaps more. */
function isRefusal(error: unknown): error is Error & ProblemDetails & { readonly code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
