import { certificateRoutes } from "./certificates.ts";
import { channelRoutes } from "./channels.ts";
import { clientRoutes } from "./clients.ts";
import { deployRoutes } from "./deploys.ts";
import { deviceRoutes } from "./devices.ts";
import { flowRoutes } from "./flows.ts";
import { healthRoutes } from "./health.ts";
import { languageRoutes } from "./language.ts";
import { liveRoute } from "./live.ts";
import { nodeRoutes } from "./nodes.ts";
import { notificationRoutes } from "./notifications.ts";
import { outboxRoutes } from "./outbox.ts";
import type { ApiParts } from "./parts.ts";
import { publishRoutes } from "./publish.ts";
import type { Route } from "./route.ts";
import { runRoutes } from "./runs.ts";
import { sessionRoutes } from "./session.ts";
import { setupRoutes } from "./setup.ts";
import { templateRoutes } from "./templates.ts";
import { tokenRoutes } from "./tokens.ts";
import { topicRoutes } from "./topics.ts";
import { traceRoutes } from "./traces.ts";
import { userRoutes } from "./users.ts";

/** The route table; the documentation shows it in this order. */
export function apiRoutes(parts: ApiParts, now: () => number): readonly Route[] {
  return [
    ...setupRoutes(parts, now),
    ...sessionRoutes(parts, now),
    ...flowRoutes(parts),
    ...deployRoutes(parts),
    ...languageRoutes(parts),
    ...runRoutes(parts),
    ...nodeRoutes(),
    ...templateRoutes(parts),
    ...deviceRoutes(parts),
    ...clientRoutes(parts),
    ...traceRoutes(parts),
    ...certificateRoutes(parts),
    ...topicRoutes(parts),
    ...publishRoutes(parts),
    ...channelRoutes(parts),
    ...outboxRoutes(parts),
    ...notificationRoutes(parts),
    ...tokenRoutes(parts),
    ...userRoutes(parts),
    liveRoute,
    ...healthRoutes(parts),
  ];
}
