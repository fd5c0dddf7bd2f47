import type { WebSocket } from "ws";
import type { LiveEvent, LiveRequest } from "./contract.ts";
import type { LiveLimits } from "./limits.ts";
import { createLivePending } from "./livePending.ts";
import { readLiveRequest } from "./liveRequest.ts";
import type { LiveNews, LivePart, Who } from "./parts.ts";
import { createRate } from "./rate.ts";
import { scopesInclude, type Scope } from "./scopes.ts";

/** One editor's end of the live connection. */
export interface LiveSocket {
  readonly who: Who;
  /** Asks whether the other end is still there; ends the connection when the last question had no answer. */
  ping(): void;
  close(code: number, reason: string): void;
}

export interface LiveSocketOptions {
  readonly webSocket: WebSocket;
  readonly who: Who;
  readonly live: LivePart;
  readonly limits: LiveLimits;
  readonly now: () => number;
  readonly greeting: readonly LiveEvent[];
  readonly onDrop: () => void;
  readonly onSkip: () => void;
}

/** WebSocket close codes [RFC 6455, section 7.4.1]. */
export const closeCodes = { goingAway: 1001, unsupported: 1003, policy: 1008, signedOut: 4401 } as const;

/** Which scope hears of which news. */
const newsScopes: Readonly<Record<LiveNews["type"], Scope>> = {
  device: "devices:read",
  notification: "alarms:read",
  flow: "flows:read",
  "flow-removed": "flows:read",
  health: "flows:read",
};

/** Serves a WebSocket that has just opened, until it closes. */
export function serveLiveSocket(options: LiveSocketOptions): LiveSocket {
  const { webSocket, who, live, limits, now } = options;
  const pending = createLivePending(limits, options.onDrop);
  const rate = createRate({
    perSecond: limits.requestsPerSecond,
    burst: limits.requestBurst,
    keysMax: 1,
    now,
  });
  const watched = { flow: null as string | null, stopFlow: () => {}, stopTopics: () => {} };
  let frameTimer: NodeJS.Timeout | undefined;
  let lastFrameAt = -Infinity;
  let stuckSince: number | undefined;
  let isAnswered = true;

  const mayRead = (scope: Scope) => who.scopes === undefined || scopesInclude(who.scopes, scope);
  const send = (event: LiveEvent) => webSocket.send(JSON.stringify(event));

  function frameSoon(): void {
    frameTimer ??= setTimeout(sendFrame, Math.max(0, lastFrameAt + limits.frameMs - now()));
  }

  function sendFrame(): void {
    frameTimer = undefined;
    lastFrameAt = now();
    const isSlow = webSocket.bufferedAmount > limits.bufferedBytes;
    pending.setSlow(isSlow);
    if (!isSlow) {
      stuckSince = undefined;
      for (const event of pending.take(watched.flow)) send(event);
      return;
    }
    options.onSkip();
    stuckSince ??= now();
    if (now() - stuckSince >= limits.stuckMs) webSocket.terminate();
    else frameSoon();
  }

  function watchFlow(flow: string | null): void {
    watched.stopFlow();
    watched.stopFlow = () => {};
    pending.clearValues();
    watched.flow = flow;
    if (flow === null) return;
    watched.stopFlow = live.watchFlow(flow, (value) => {
      pending.addValue(value);
      frameSoon();
    });
  }

  function watchTopics(filter: string | null): void {
    watched.stopTopics();
    watched.stopTopics = () => {};
    pending.clearMessages();
    if (filter === null) return;
    watched.stopTopics = live.watchTopics(filter, (message) => {
      pending.addMessage(message);
      frameSoon();
    });
  }

  function obey(request: LiveRequest): void {
    const refuse = (detail: string) => send({ type: "refused", request: request.type, detail });
    if (request.type === "ping") return send({ type: "pong" });
    const scope = request.type === "watch-flow" ? "flows:read" : "devices:read";
    if (!mayRead(scope)) return refuse(`This token lacks the scope ${scope}.`);
    try {
      if (request.type === "watch-flow") watchFlow(request.flow);
      else watchTopics(request.filter);
    } catch (error) {
      refuse(error instanceof Error ? error.message : "This cannot be watched.");
    }
  }

  const stopNews = live.onNews((news) => {
    if (!mayRead(newsScopes[news.type])) return;
    pending.addNews(news);
    frameSoon();
  });

  webSocket.on("message", (data, isBinary) => {
    if (isBinary) return webSocket.close(closeCodes.unsupported, "Only text is understood.");
    if (rate.take("") > 0) return webSocket.close(closeCodes.policy, "Too many requests.");
    const request = readLiveRequest(Buffer.isBuffer(data) ? data.toString() : "");
    if (request === undefined) webSocket.close(closeCodes.policy, "This is no request that the hub knows.");
    else obey(request);
  });
  webSocket.on("pong", () => {
    isAnswered = true;
  });
  // A broken frame or connection ends in "close" as well; there is nothing to add to it here.
  webSocket.on("error", () => webSocket.terminate());
  webSocket.on("close", () => {
    clearTimeout(frameTimer);
    // Nothing may start a frame any more.
    frameTimer = undefined;
    watched.stopFlow();
    watched.stopTopics();
    stopNews();
  });
  for (const event of options.greeting) send(event);

  return {
    who,
    ping() {
      if (!isAnswered) return webSocket.terminate();
      isAnswered = false;
      webSocket.ping();
    },
    close: (code, reason) => webSocket.close(code, reason),
  };
}
