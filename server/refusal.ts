import type { Problem } from "#flows/problem.ts";

/** An error that the API shows to the caller: a stable code, a sentence, and where it helps, every problem. */
export function refusal(code: string, message: string, problems?: readonly Problem[]): Error {
  return Object.assign(new Error(message), { code, ...(problems !== undefined && { problems }) });
}

/** A refusal with everything that is wrong: `<kind>.exists` where the id is taken, else `<kind>.invalid`. */
export function refusedAs(kind: string, message: string, problems: readonly Problem[]): Error {
  const isTaken = problems.some(({ code }) => code.endsWith(".taken"));
  return refusal(`${kind}.${isTaken ? "exists" : "invalid"}`, message, problems);
}
