import type { FastifyInstance } from "fastify";
import { quoted } from "#flows/problem.ts";
import { sendProblem } from "./failures.ts";
import { isApiUrl, isPageView, sendPage } from "./files.ts";
import type { Guard } from "./guard.ts";
import { callerOf } from "./mount.ts";
import { ApiProblem, problemOf, unexpectedProblem } from "./problem.ts";
import type { Route } from "./route.ts";

export interface StrangerOptions {
  readonly routes: readonly Route[];
  readonly guard: Guard;
  /** There is an editor to show. */
  readonly hasPages: boolean;
}

/** Answers what no route answers: a page of the editor, the wrong method, or nothing at all. */
export function answerStrangers(app: FastifyInstance, { routes, guard, hasPages }: StrangerOptions): void {
  const matchers = routes.map(({ method, url }) => ({ method, pattern: patternOf(url) }));

  app.setNotFoundHandler((request, reply) => {
    if (hasPages && isPageView(request)) return sendPage(reply);
    if (isApiUrl(request.url)) guard.admitStranger(callerOf(request));
    const [path = ""] = request.url.split("?", 1);
    const allowed: readonly string[] = matchers
      .filter(({ pattern }) => pattern.test(path))
      .map(({ method }) => method);
    const problem =
      allowed.length === 0 || allowed.includes(request.method)
        ? new ApiProblem("route.unknown", `There is nothing at ${quoted(path)}.`)
        : new ApiProblem("route.method", `${quoted(path)} does not take ${request.method}.`, {
            headers: { allow: allowed.join(", ") },
          });
    return sendProblem(reply, problemOf(problem) ?? unexpectedProblem);
  });
}

/** Paths hold only names and parameters. */
function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll(".", "\\.").replaceAll(/:[a-z]+/g, "[^/]+")}/?$`);
}
