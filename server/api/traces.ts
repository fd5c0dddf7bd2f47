import type { NewTraceRequest, PacketTrace, Page, TracedPacket } from "./contract.ts";
import { found, idParams, unknown, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts } from "./parts.ts";
import { API_BASE, route, type Route } from "./route.ts";
import { exactly, integer, optional, text } from "./schema.ts";
import { packetTrace, tracedPacket } from "./schemas/client.ts";

const MINUTES_MAX = 30;
/** Longer than the number of any packet. */
const DIGITS = 16;

/** Packets on the wire, for who looks for a fault; topics may tell much, so it takes an administrator. */
export function traceRoutes({ traces }: Pick<ApiParts, "traces">): readonly Route[] {
  return [
    route<{ query: ListQuery; answer: Page<PacketTrace> }>({
      method: "GET",
      path: "/traces",
      scope: "devices:read",
      role: "admin",
      summary: "Lists the traces that run or are kept.",
      query: listQuery(),
      answer: pageSchema(packetTrace.ref),
      handle: ({ query }) => pageOf(traces.list(), ({ id }) => id, query),
    }),
    route<{ body: NewTraceRequest; answer: PacketTrace }>({
      method: "POST",
      path: "/traces",
      scope: "devices:write",
      role: "admin",
      summary: "Traces the packets of a client, or the messages of a topic filter, for up to 30 minutes.",
      body: exactly<NewTraceRequest>({
        client: optional(text(1_024, { minLength: 1 })),
        filter: optional(text(1_024, { minLength: 1 })),
        minutes: optional({ ...integer, minimum: 1, maximum: MINUTES_MAX }),
      }),
      status: 201,
      answer: packetTrace.ref,
      handle: async ({ body, who, reply }) => {
        const trace = await traces.start(body, who);
        reply.header("location", `${API_BASE}/traces/${trace.id}/packets`);
        return trace;
      },
    }),
    route<{ params: IdParams; query: ListQuery; answer: Page<TracedPacket> }>({
      method: "GET",
      path: "/traces/:id/packets",
      scope: "devices:read",
      role: "admin",
      summary: "Gives the packets of a trace, oldest first, without payloads.",
      params: idParams,
      query: listQuery(),
      answer: pageSchema(tracedPacket.ref),
      handle: ({ params: { id }, query }) => {
        const packets = found(traces.packets(id), "trace.unknown", "trace", id);
        return pageOf(packets, ({ seq }) => String(seq).padStart(DIGITS, "0"), query);
      },
    }),
    route<{ params: IdParams; answer: void }>({
      method: "DELETE",
      path: "/traces/:id",
      scope: "devices:write",
      role: "admin",
      summary: "Ends a trace and forgets its packets.",
      params: idParams,
      handle: async ({ params: { id }, who }) => {
        if (!(await traces.remove(id, who))) throw unknown("trace.unknown", "trace", id);
      },
    }),
  ];
}
