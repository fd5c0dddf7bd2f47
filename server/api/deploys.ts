import type {
  DeployAnswer,
  DeployRequest,
  FlowSummary,
  FlowVersion,
  InjectAnswer,
  InjectRequest,
  Page,
  RollbackRequest,
} from "./contract.ts";
import { expectedRevision, flowOf } from "./flowOf.ts";
import { idParams, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts, FlowsPart } from "./parts.ts";
import { ifMatch } from "./revision.ts";
import { route, type Route } from "./route.ts";
import { anyText, anything, exactly, integer, listOf, objectOf, optional, text } from "./schema.ts";
import { flowSummary, flowVersion } from "./schemas/flow.ts";
import { problem } from "./schemas/problem.ts";

/** Each holds a whole document. */
const VERSIONS_PER_PAGE = 20;

const comment = optional(text(500));

const deployAnswer = objectOf<DeployAnswer>({
  version: integer,
  revision: integer,
  problems: listOf(problem.ref),
  keptTimers: integer,
  droppedTimers: integer,
});

/** What runs: deploying, switching, pressing, and the versions so far. */
export function deployRoutes({ flows }: Pick<ApiParts, "flows">): readonly Route[] {
  return [
    deployRoute(flows),
    switchRoute(flows, "enable"),
    switchRoute(flows, "disable"),
    injectRoute(flows),
    ...versionRoutes(flows),
  ];
}

function deployRoute(flows: FlowsPart): Route {
  return route<{ params: IdParams; body: DeployRequest | undefined; answer: DeployAnswer }>({
    method: "POST",
    path: "/flows/:id/deploy",
    scope: "flows:write",
    ifMatch: "optional",
    summary: "Makes the draft run, as a new version, at once and as a whole.",
    params: idParams,
    body: exactly<DeployRequest>({ comment }),
    isBodyOptional: true,
    answer: deployAnswer,
    handle: ({ params: { id }, body, who, request }) =>
      flows.deploy({
        id,
        comment: body?.comment ?? "",
        revision: expectedRevision(flows, id, ifMatch(request.headers)),
        by: who,
      }),
  });
}

function switchRoute(flows: FlowsPart, verb: "enable" | "disable"): Route {
  return route<{ params: IdParams; body: object | undefined; answer: FlowSummary }>({
    method: "POST",
    path: `/flows/:id/${verb}`,
    scope: "flows:write",
    role: "operator",
    summary: verb === "enable" ? "Switches a deployed flow on." : "Switches a flow off; it keeps its state.",
    params: idParams,
    body: exactly<object>({}),
    isBodyOptional: true,
    answer: flowSummary.ref,
    handle: ({ params: { id }, who }) => {
      flowOf(flows, id);
      return flows.setEnabled(id, verb === "enable", who);
    },
  });
}

function injectRoute(flows: FlowsPart): Route {
  return route<{ params: IdParams; body: InjectRequest; answer: InjectAnswer }>({
    method: "POST",
    path: "/flows/:id/inject",
    scope: "flows:write",
    role: "operator",
    summary: "Presses an inject node of the deployed flow.",
    params: idParams,
    body: exactly<InjectRequest>({ node: text(64, { minLength: 1 }), payload: optional(anything) }),
    answer: objectOf<InjectAnswer>({ run: optional(anyText) }),
    handle: ({ params: { id }, body, who }) => {
      flowOf(flows, id);
      return flows.inject(id, body, who);
    },
  });
}

function versionRoutes(flows: FlowsPart): readonly Route[] {
  return [
    route<{ params: IdParams; query: ListQuery; answer: Page<FlowVersion> }>({
      method: "GET",
      path: "/flows/:id/versions",
      scope: "flows:read",
      summary: "Lists what was deployed, newest first, with the documents.",
      params: idParams,
      query: listQuery(),
      answer: pageSchema(flowVersion.ref),
      handle: ({ params: { id }, query }) => {
        flowOf(flows, id);
        return pageOf(flows.versions(id), keyOf, { limit: VERSIONS_PER_PAGE, ...query });
      },
    }),
    route<{ params: IdParams; body: RollbackRequest; answer: DeployAnswer }>({
      method: "POST",
      path: "/flows/:id/rollback",
      scope: "flows:write",
      summary: "Deploys the document of an earlier version as a new one.",
      params: idParams,
      body: exactly<RollbackRequest>({ version: { ...integer, minimum: 1 }, comment }),
      answer: deployAnswer,
      handle: ({ params: { id }, body, who }) => {
        flowOf(flows, id);
        return flows.rollback({ id, version: body.version, comment: body.comment ?? "", by: who });
      },
    }),
  ];
}

/** Newest first: a page goes on where the version numbers are lower. */
function keyOf({ version }: FlowVersion): string {
  return String(Number.MAX_SAFE_INTEGER - version);
}
