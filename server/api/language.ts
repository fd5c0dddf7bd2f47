import { nodes } from "#flows/nodes/index.ts";
import { runFlowTests } from "#flows/testing/runFlowTests.ts";
import { validateFlow } from "#flows/validate.ts";
import type { CheckAnswer, DryRunAnswer, DryRunRequest, TestAnswer } from "./contract.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { exactly, listOf, objectOf } from "./schema.ts";
import { documentBody, testEvent } from "./schemas/flow.ts";
import { problem } from "./schemas/problem.ts";
import { runDetail, testResult, testedEffect } from "./schemas/run.ts";

/** Virtual events of one dry run. */
const DRY_RUN_EVENTS = 1_000;

/** What can be asked about a document before it acts. */
export function languageRoutes({ flows }: Pick<ApiParts, "flows">): readonly Route[] {
  return [checkRoute(), testRoute(), ...dryRunRoutes(flows)];
}

function checkRoute(): Route {
  return route<{ body: unknown; answer: CheckAnswer }>({
    method: "POST",
    path: "/flows/check",
    scope: "flows:read",
    summary: "Checks a flow document and lists every problem.",
    body: documentBody,
    answer: objectOf<CheckAnswer>({ problems: listOf(problem.ref) }),
    handle: ({ body }) => ({ problems: validateFlow(body, nodes).problems }),
  });
}

function testRoute(): Route {
  return route<{ body: unknown; answer: TestAnswer }>({
    method: "POST",
    path: "/flows/test",
    scope: "flows:read",
    summary: "Runs the tests of a flow document on a virtual clock. Nothing leaves the hub.",
    body: documentBody,
    answer: objectOf<TestAnswer>({ items: listOf(testResult.ref), problems: listOf(problem.ref) }),
    handle: ({ body }) => {
      const { results, problems } = runFlowTests(body, nodes);
      return { items: results, problems };
    },
  });
}

function dryRunRoutes(flows: ApiParts["flows"]): readonly Route[] {
  const { dryRun } = flows;
  if (dryRun === undefined) return [];
  return [
    route<{ body: DryRunRequest; answer: DryRunAnswer }>({
      method: "POST",
      path: "/flows/dry-run",
      scope: "flows:read",
      summary: "Plays events into a document and tells what it would do. Nothing leaves the hub.",
      body: exactly<DryRunRequest>({
        document: documentBody,
        events: listOf(testEvent.ref, DRY_RUN_EVENTS),
      }),
      answer: objectOf<DryRunAnswer>({
        runs: listOf(runDetail.ref),
        effects: listOf(testedEffect.ref),
        problems: listOf(problem.ref),
      }),
      handle: ({ body }) => dryRun(body),
    }),
  ];
}
