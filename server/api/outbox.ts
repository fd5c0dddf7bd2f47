import type { OutboxItem, Page } from "./contract.ts";
import { idParams, unknown, type IdParams } from "./ids.ts";
import { listQuery, pageQuery, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts, OutboxPart } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { exactly, oneOf, optional } from "./schema.ts";
import { outboxItem } from "./schemas/delivery.ts";

interface OutboxQuery extends ListQuery {
  readonly state?: OutboxItem["state"];
}

/** Effects on their way out, and those that were given up. */
export function outboxRoutes({ outbox }: Pick<ApiParts, "outbox">): readonly Route[] {
  return [
    route<{ query: OutboxQuery; answer: Page<OutboxItem> }>({
      method: "GET",
      path: "/outbox",
      scope: "channels:read",
      summary: "Lists what waits to be sent and what was given up, newest first.",
      query: listQuery({ state: optional(oneOf("pending", "leased", "dead")) }),
      answer: pageSchema(outboxItem.ref),
      handle: ({ query }) => {
        const { state } = query;
        return outbox.list({ ...pageQuery(query), ...(state !== undefined && { state }) });
      },
    }),
    actRoute(outbox, "retry", "Tries an item that was given up once more, from its first attempt on."),
    actRoute(outbox, "discard", "Forgets an item; it is never sent."),
  ];
}

function actRoute(outbox: OutboxPart, verb: "retry" | "discard", summary: string): Route {
  return route<{ params: IdParams; body: object | undefined; answer: void }>({
    method: "POST",
    path: `/outbox/:id/${verb}`,
    scope: "channels:write",
    role: "operator",
    summary,
    params: idParams,
    body: exactly<object>({}),
    isBodyOptional: true,
    handle: async ({ params: { id }, who }) => {
      const isDone = verb === "retry" ? await outbox.retry(id, who) : await outbox.discard(id, who);
      if (!isDone) throw unknown("outbox.unknown", "item in the outbox", id);
    },
  });
}
