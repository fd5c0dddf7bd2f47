import type { IncomingHttpHeaders } from "node:http";
import { quoted } from "#flows/problem.ts";
import { ApiProblem } from "./problem.ts";

/** The entity tag of a revision. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** The revision a writer read; `undefined` without the header, `"any"` for `*`. */
export function ifMatch({ "if-match": given }: IncomingHttpHeaders): number | "any" | undefined {
  if (given === undefined) return undefined;
  if (given.trim() === "*") return "any";
  const digits = /^"?(\d{1,15})"?$/.exec(given.trim())?.[1];
  if (digits !== undefined) return Number(digits);
  throw new ApiProblem("request.invalid", `If-Match must hold a revision such as "7", not ${quoted(given)}.`);
}

/** Refuses a writer who has not read what is stored now. */
export function checkRevision(given: number | "any" | undefined, stored: number): void {
  if (given === undefined || given === "any" || given === stored) return;
  throw new ApiProblem(
    "flow.stale",
    `Somebody else has saved this flow since: you have revision ${given}, the newest is ${stored}.`,
    { revision: stored, headers: { etag: etagOf(stored) } },
  );
}
