import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Caller, Guard } from "./guard.ts";
import type { LiveLimits } from "./limits.ts";
import { closeCodes, serveLiveSocket, type LiveSocket } from "./liveSocket.ts";
import type { ApiParts, Who } from "./parts.ts";
import { ApiProblem } from "./problem.ts";
import { route, type Route } from "./route.ts";

/** The live WebSockets of all editors. */
export interface Live {
  /** Refuses with an ApiProblem; the caller answers it. */
  handleUpgrade(upgrade: Upgrade): Promise<void>;
  counts(): LiveCounts;
  start(): void;
  stop(): void;
}

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly caller: Caller;
}

/** Since the start, but for `open`. */
export interface LiveCounts {
  readonly open: number;
  /** Values, messages and changes that were left out because a newer one came or the editor was slow. */
  readonly dropped: number;
  readonly skippedFrames: number;
}

export interface LiveOptions {
  readonly parts: Pick<ApiParts, "auth" | "health" | "hub" | "live">;
  readonly guard: Guard;
  readonly limits: LiveLimits;
  readonly now: () => number;
}

/** The entry in the table: it documents the WebSocket, and tells who calls it in another way. */
export const liveRoute: Route = route<{ answer: never }>({
  method: "GET",
  path: "/live",
  scope: "flows:read",
  summary: "A WebSocket with live values, messages and changes; see LiveRequest and LiveEvent.",
  handle: () => {
    throw new ApiProblem("live.upgrade", "This address speaks WebSocket only.", {
      headers: { connection: "Upgrade", upgrade: "websocket" },
    });
  },
});

/** Nothing is open until an editor connects. */
export function createLive({ parts, guard, limits, now }: LiveOptions): Live {
  const sockets = new Map<LiveSocket, Caller>();
  const counts = { dropped: 0, skippedFrames: 0 };
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: limits.requestBytes,
    // Compression costs memory for each connection and invites compression bombs.
    perMessageDeflate: false,
  });
  let stopListening: (() => void) | undefined;
  let pingTimer: NodeJS.Timeout | undefined;

  function refuseTooMany({ key }: Who): void {
    const own = [...sockets.keys()].filter(({ who }) => who.key === key).length;
    if (own >= limits.socketsPerSession || sockets.size >= limits.sockets)
      throw new ApiProblem(
        "live.too-many",
        `Only ${limits.socketsPerSession} live connections may be open at once.`,
        {
          retryAfterMs: limits.pingMs,
        },
      );
  }

  function serve({ request, socket, head, caller }: Upgrade, who: Who): void {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const open = serveLiveSocket({
        webSocket,
        who,
        live: parts.live,
        limits,
        now,
        greeting: [
          { type: "hello", version: parts.hub.info().version, bootId: parts.hub.bootId },
          { type: "health", health: parts.health.get() },
        ],
        onDrop: () => counts.dropped++,
        onSkip: () => counts.skippedFrames++,
      });
      sockets.set(open, caller);
      webSocket.on("close", () => sockets.delete(open));
    });
  }

  /** Rights end at once where somebody ends them; this finds those that ended by time. */
  async function check(socket: LiveSocket, caller: Caller): Promise<void> {
    socket.ping();
    if (!(await guard.isStillIn(caller, socket.who)))
      socket.close(closeCodes.signedOut, "The session is over.");
  }

  return {
    async handleUpgrade(upgrade) {
      const who = await guard.admit(liveRoute, upgrade.caller);
      if (who === undefined || upgrade.socket.destroyed) return;
      refuseTooMany(who);
      serve(upgrade, who);
    },
    counts: () => ({ open: sockets.size, ...counts }),
    start() {
      stopListening = parts.auth.onEnded((key) => {
        for (const socket of sockets.keys())
          if (socket.who.key === key) socket.close(closeCodes.signedOut, "Signed out.");
      });
      pingTimer = setInterval(() => {
        for (const [socket, caller] of sockets) void check(socket, caller);
      }, limits.pingMs);
      pingTimer.unref();
    },
    stop() {
      clearInterval(pingTimer);
      stopListening?.();
      for (const socket of sockets.keys()) socket.close(closeCodes.goingAway, "The hub is shutting down.");
    },
  };
}
