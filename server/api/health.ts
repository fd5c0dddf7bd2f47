import type { Health } from "./contract.ts";
import type { ApiParts, Who } from "./parts.ts";
import { openRoute, type Route } from "./route.ts";
import { health as healthSchema } from "./schemas/access.ts";

/** How the hub fares, for whoever watches over its process. */
export function healthRoutes({ health }: Pick<ApiParts, "health">): readonly Route[] {
  return [
    watchRoute("/healthz", "Tells whether the process works; 503 when it should be restarted.", {
      health,
      isWell: ({ state }) => state !== "failed",
    }),
    watchRoute("/readyz", "Tells whether the hub serves devices and flows in full; 503 while it does not.", {
      health,
      isWell: ({ state }) => state === "ok",
    }),
  ];
}

interface Watch {
  readonly health: ApiParts["health"];
  readonly isWell: (health: Health) => boolean;
}

function watchRoute(path: string, summary: string, { health, isWell }: Watch): Route {
  return openRoute<{ answer: Health }>({
    method: "GET",
    path,
    isOutside: true,
    scope: "setup",
    summary,
    description: "The reasons are told to those who are signed in or send a token.",
    answer: healthSchema.ref,
    handle: ({ who, reply }) => {
      const now = health.get();
      if (!isWell(now)) reply.code(503);
      return visibleTo(who, now);
    },
  });
}

/** Reasons may name flows, channels and hosts, which strangers must not learn. */
function visibleTo(who: Who | undefined, health: Health): Health {
  return who === undefined ? { state: health.state, reasons: [] } : health;
}
