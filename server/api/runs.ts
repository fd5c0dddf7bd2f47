import type { Page, RunDetail, RunSummary } from "./contract.ts";
import { flowOf } from "./flowOf.ts";
import { found, idParams, type IdParams } from "./ids.ts";
import { listQuery, pageQuery, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { oneOf, optional } from "./schema.ts";
import { runDetail, runSummary } from "./schemas/run.ts";

interface RunQuery extends ListQuery {
  readonly outcome?: RunSummary["outcome"];
}

/** What flows did, and why. */
export function runRoutes({ flows, runs }: Pick<ApiParts, "flows" | "runs">): readonly Route[] {
  return [
    route<{ params: IdParams; query: RunQuery; answer: Page<RunSummary> }>({
      method: "GET",
      path: "/flows/:id/runs",
      scope: "runs:read",
      summary: "Lists the runs of a flow that are kept, newest first.",
      params: idParams,
      query: listQuery({ outcome: optional(oneOf("ok", "failed", "stopped")) }),
      answer: pageSchema(runSummary.ref),
      handle: ({ params: { id }, query }) => {
        flowOf(flows, id);
        const { outcome } = query;
        return runs.list(id, { ...pageQuery(query), ...(outcome !== undefined && { outcome }) });
      },
    }),
    route<{ params: IdParams; answer: RunDetail }>({
      method: "GET",
      path: "/runs/:id",
      scope: "runs:read",
      summary: "Gives a run with its trace: what each node took, gave and decided.",
      params: idParams,
      answer: runDetail.ref,
      handle: ({ params: { id } }) => found(runs.get(id), "run.unknown", "run", id),
    }),
  ];
}
