import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { createWebSocketStream, WebSocketServer } from "ws";

/** MQTT over WebSocket on the HTTP port [section 6]. */
export interface WebSocketListener {
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Parts of the listener. */
export interface WebSocketListenerOptions {
  /** A frame may carry many packets, but never needs more than this. */
  readonly frameBytes: number;
  readonly accept: (connection: Duplex, request: IncomingMessage) => void;
  readonly onRefused: (reason: "origin" | "subprotocol" | "path", request: IncomingMessage) => void;
}

/** Where clients find it. */
const webSocketPath = "/mqtt";
const SUBPROTOCOLS = ["mqtt", "mqttv3.1"];

/** Creates the listener; the HTTP server hands upgrades over. */
export function createWebSocketListener(options: WebSocketListenerOptions): WebSocketListener {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: options.frameBytes,
    // Compression costs memory for each connection and invites compression bombs.
    perMessageDeflate: false,
    handleProtocols: (offered) => SUBPROTOCOLS.find((name) => offered.has(name)) ?? false,
  });

  function refuse(
    request: IncomingMessage,
    socket: Duplex,
    [status, reason]: readonly [string, "origin" | "subprotocol" | "path"],
  ): void {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    options.onRefused(reason, request);
  }

  return {
    handleUpgrade(request, socket, head) {
      if (request.url?.split("?", 1)[0] !== webSocketPath)
        return refuse(request, socket, ["404 Not Found", "path"]);
      if (!isSameHost(request)) return refuse(request, socket, ["403 Forbidden", "origin"]);
      if (!offersMqtt(request)) return refuse(request, socket, ["400 Bad Request", "subprotocol"]); // [MQTT-6.0.0-3]
      server.handleUpgrade(request, socket, head, (webSocket) => {
        options.accept(createWebSocketStream(webSocket), request);
      });
    },
  };
}

/** A browser page of another site must not reach the broker with its visitor's network position. */
function isSameHost({ headers }: IncomingMessage): boolean {
  if (headers.origin === undefined) return true;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host;
}

function offersMqtt({ headers }: IncomingMessage): boolean {
  const offered = headers["sec-websocket-protocol"]?.split(",") ?? [];
  return offered.some((name) => SUBPROTOCOLS.includes(name.trim()));
}
