import type { FlowDocument } from "#flows/flow.ts";
import { SLUG } from "#flows/slug.ts";
import type { FlowDetail, FlowSummary, NewFlowRequest, Page } from "./contract.ts";
import { expectedRevision, flowOf } from "./flowOf.ts";
import { idParams, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { ApiProblem } from "./problem.ts";
import { checkRevision, etagOf, ifMatch } from "./revision.ts";
import { API_BASE, route, type Route } from "./route.ts";
import { exactly, optional, text } from "./schema.ts";
import { documentBody, flowDetail, flowDocument, flowSummary } from "./schemas/flow.ts";

/** Flows and their drafts. */
export function flowRoutes({ flows }: Pick<ApiParts, "flows">): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<FlowSummary> }>({
      method: "GET",
      path: "/flows",
      scope: "flows:read",
      summary: "Lists the flows and how they fare.",
      query: listQuery(),
      answer: pageSchema(flowSummary.ref),
      handle: ({ query }) => pageOf(flows.list(), ({ id }) => id, query),
    }),
    route<{ body: NewFlowRequest; answer: FlowDetail }>({
      method: "POST",
      path: "/flows",
      scope: "flows:write",
      summary: "Makes a flow from a document, from a template, or empty; its id is made unique.",
      body: exactly<NewFlowRequest>({
        name: optional(text(120, { minLength: 1 })),
        document: optional(documentBody),
        template: optional(text(64, { minLength: 1, description: "Id of a template." })),
      }),
      status: 201,
      answer: flowDetail.ref,
      handle: async ({ body, who, reply }) => {
        if (body.document !== undefined && body.template !== undefined)
          throw new ApiProblem(
            "request.invalid",
            "Send either a document or the id of a template, not both.",
          );
        const flow = await flows.create(body, who);
        reply.header("location", `${API_BASE}/flows/${flow.id}`).header("etag", etagOf(flow.revision));
        return flow;
      },
    }),
    route<{ params: IdParams; answer: FlowDetail }>({
      method: "GET",
      path: "/flows/:id",
      scope: "flows:read",
      summary: "Gives a flow: its draft, what is deployed, and its problems. `ETag` holds the revision.",
      params: idParams,
      answer: flowDetail.ref,
      handle: ({ params, reply }) => {
        const flow = flowOf(flows, params.id);
        reply.header("etag", etagOf(flow.revision));
        return flow;
      },
    }),
    route<{ params: IdParams; body: FlowDocument; answer: FlowDetail }>({
      method: "PUT",
      path: "/flows/:id",
      scope: "flows:write",
      ifMatch: "required",
      summary: "Saves the draft. A draft may have problems; only deploying refuses them.",
      params: idParams,
      body: documentBody,
      answer: flowDetail.ref,
      handle: async ({ params: { id }, body, who, request, reply }) => {
        const given = ifMatch(request.headers);
        if (given === undefined)
          throw new ApiProblem(
            "request.if-match-missing",
            'Send the revision that your change is based on, such as If-Match: "7".',
          );
        const { revision } = flowOf(flows, id);
        checkRevision(given, revision);
        if (body.id !== id) throw otherId(id, body.id);
        const saved = await flows.save({ id, document: body, revision, by: who });
        reply.header("etag", etagOf(saved.revision));
        return saved;
      },
    }),
    route<{ params: IdParams; answer: void }>({
      method: "DELETE",
      path: "/flows/:id",
      scope: "flows:write",
      ifMatch: "optional",
      summary: "Stops and removes a flow with its versions, state and timers.",
      params: idParams,
      handle: ({ params: { id }, who, request }) =>
        flows.remove({ id, revision: expectedRevision(flows, id, ifMatch(request.headers)), by: who }),
    }),
    route<{ params: IdParams; answer: FlowDocument }>({
      method: "GET",
      path: "/flows/:id/export",
      scope: "flows:read",
      summary: "Gives the draft alone, as a file to keep or to share; it holds no secrets.",
      params: idParams,
      answer: flowDocument.ref,
      handle: ({ params, reply }) => {
        const { id, draft } = flowOf(flows, params.id);
        const file = SLUG.test(id) ? `${id}.json` : "flow.json";
        reply.header("content-disposition", `attachment; filename="${file}"`);
        return draft;
      },
    }),
  ];
}

function otherId(id: string, given: unknown): ApiProblem {
  const message = `The document has the id ${JSON.stringify(given)}; the id of the flow ${JSON.stringify(id)} stays.`;
  return new ApiProblem("request.invalid", message, {
    problems: [{ code: "request.invalid", severity: "error", path: "/id", message }],
  });
}
