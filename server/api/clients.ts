import type { ClearQueueAnswer, ClientDetail, ClientSummary, Page } from "./contract.ts";
import { found, type IdParams } from "./ids.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import type { ApiParts, ClientsPart } from "./parts.ts";
import { route, type Route } from "./route.ts";
import { exactly, oneOf, optional, text } from "./schema.ts";
import { clearQueueAnswer, clientDetail, clientSummary } from "./schemas/client.ts";

interface ClientQuery extends ListQuery {
  readonly search?: string;
  readonly state?: "online" | "offline";
  readonly sort?: keyof typeof sortKeys;
}

/** Client ids are chosen by clients; whatever a hub accepts, it must also be able to show. */
const clientParams = exactly<IdParams>({ id: text(1_024, { minLength: 1 }) });

/** Longer than any number of the lists. */
const DIGITS = 16;
const sortKeys = {
  id: () => "",
  /** What waits for longest comes first. */
  queue: ({ queuedSince }: ClientSummary) => padded(queuedSince ?? Number.MAX_SAFE_INTEGER),
  /** The newest connection comes first. */
  connected: ({ connectedAt }: ClientSummary) => padded(Number.MAX_SAFE_INTEGER - (connectedAt ?? 0)),
} as const;

/** Who is connected to the broker, or has a session there. */
export function clientRoutes({ clients }: Pick<ApiParts, "clients">): readonly Route[] {
  return [...readRoutes(clients), ...actRoutes(clients)];
}

function readRoutes(clients: ClientsPart): readonly Route[] {
  return [
    route<{ query: ClientQuery; answer: Page<ClientSummary> }>({
      method: "GET",
      path: "/clients",
      scope: "devices:read",
      summary: "Lists the MQTT clients that are connected or have a session.",
      query: listQuery({
        search: optional(text(200, { description: "Part of a client id, user or address." })),
        state: optional(oneOf("online", "offline")),
        sort: optional({
          ...oneOf(...Object.keys(sortKeys)),
          description: "By id, by the age of the queue (oldest first), or by connection (newest first).",
        }),
      }),
      answer: pageSchema(clientSummary.ref),
      handle: ({ query }) => {
        const sortKey = sortKeys[query.sort ?? "id"];
        const wanted = clients.list().filter((client) => isWanted(client, query));
        return pageOf(wanted, (client) => `${sortKey(client)}\u0000${client.id}`, query);
      },
    }),
    route<{ params: IdParams; answer: ClientDetail }>({
      method: "GET",
      path: "/clients/:id",
      scope: "devices:read",
      summary: "Gives a client with its connection, queue, subscriptions and last troubles.",
      params: clientParams,
      answer: clientDetail.ref,
      handle: ({ params: { id } }) => found(clients.get(id), "client.unknown", "client", id),
    }),
  ];
}

function actRoutes(clients: ClientsPart): readonly Route[] {
  return [
    route<{ params: IdParams; body: object | undefined; answer: void }>({
      method: "POST",
      path: "/clients/:id/disconnect",
      scope: "devices:write",
      role: "operator",
      summary: "Ends the connection of a client; it may come back.",
      params: clientParams,
      body: exactly<object>({}),
      isBodyOptional: true,
      handle: ({ params: { id }, who }) => clients.disconnect(id, who),
    }),
    route<{ params: IdParams; body: object | undefined; answer: ClearQueueAnswer }>({
      method: "POST",
      path: "/clients/:id/clear-queue",
      scope: "devices:write",
      role: "admin",
      summary: "Forgets the messages that wait for a client and were not sent yet.",
      params: clientParams,
      body: exactly<object>({}),
      isBodyOptional: true,
      answer: clearQueueAnswer.ref,
      handle: ({ params: { id }, who }) => clients.clearQueue(id, who),
    }),
  ];
}

function isWanted(client: ClientSummary, { search, state }: ClientQuery): boolean {
  if (state !== undefined && client.online !== (state === "online")) return false;
  const part = search?.toLowerCase() ?? "";
  const places = [client.id, client.user, client.address];
  return part === "" || places.some((place) => place?.toLowerCase().includes(part) === true);
}

function padded(value: number): string {
  return String(value).padStart(DIGITS, "0");
}
