import type { Page, TemplateSummary } from "./contract.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { templateSummary } from "./schemas/flow.ts";

/** Flows of the library to start from. */
export function templateRoutes({ templates }: Pick<ApiParts, "templates">): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<TemplateSummary> }>({
      method: "GET",
      path: "/templates",
      scope: "flows:read",
      summary: "Lists the flows that can be taken as a start.",
      query: listQuery(),
      answer: pageSchema(templateSummary.ref),
      handle: ({ query }) => pageOf(templates.list(), ({ id }) => id, query),
    }),
  ];
}
