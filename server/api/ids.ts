import { quoted } from "#flows/problem.ts";
import { ApiProblem } from "./problem.ts";
import type { ProblemCode } from "./problemCodes.ts";
import { exactly, text } from "./schema.ts";

/** The parameters of a path that ends in an id. */
export interface IdParams {
  readonly id: string;
}

/** Ids are slugs or made by the hub; what does not exist is told by the route, so the schema only bounds them. */
export const idParams = exactly<IdParams>({ id: text(200, { minLength: 1 }) });

/** What a part answered for an id, or the problem that there is none. */
export function found<Value>(value: Value | undefined, code: ProblemCode, what: string, id: string): Value {
  if (value !== undefined) return value;
  throw unknown(code, what, id);
}

/** The problem that there is nothing of an id. */
export function unknown(code: ProblemCode, what: string, id: string): ApiProblem {
  return new ApiProblem(code, `There is no ${what} ${quoted(id)}.`);
}
