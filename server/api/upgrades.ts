import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { endWithProblem } from "./failures.ts";
import type { Caller } from "./guard.ts";
import type { Live } from "./live.ts";
import { ApiProblem } from "./problem.ts";
import { API_BASE } from "./route.ts";

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Connections that stop speaking HTTP, by path. */
export interface Upgrades {
  handle: UpgradeHandler;
  register(path: string, handler: UpgradeHandler): void;
  /** Cuts off those still open; the web server knows nothing of them any more. */
  destroyAll(): void;
}

export interface UpgradeOptions {
  readonly live: Pick<Live, "handleUpgrade">;
  /** Until then every listener stays closed but for the set-up itself. */
  readonly isSetUp: () => boolean;
  /** A proxy before us may say that it speaks TLS and by which name it was called. */
  readonly isBehindProxy: boolean;
}

const LIVE_PATH = `${API_BASE}/live`;

/** Knows the live connection; other paths are registered. */
export function createUpgrades({ live, isSetUp, isBehindProxy }: UpgradeOptions): Upgrades {
  const handlers = new Map<string, UpgradeHandler>();
  const open = new Set<Duplex>();

  function handleLive(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const caller = callerOf(request, isBehindProxy);
    live.handleUpgrade({ request, socket, head, caller }).catch((error: unknown) => {
      const problem = error instanceof ApiProblem ? error : undefined;
      endWithProblem(
        socket,
        problem ?? new ApiProblem("hub.failed", "The live connection failed.", { cause: error }),
      );
    });
  }

  return {
    handle(request, socket, head) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      // A connection that breaks now has nobody else who listens yet; "close" follows.
      socket.on("error", () => socket.destroy());
      const [path = ""] = (request.url ?? "").split("?", 1);
      const handler = path === LIVE_PATH ? handleLive : handlers.get(path);
      if (handler === undefined)
        endWithProblem(socket, new ApiProblem("route.unknown", "There is no WebSocket at this address."));
      else if (!isSetUp())
        endWithProblem(socket, new ApiProblem("hub.not-set-up", "This hub has not been set up yet."));
      else handler(request, socket, head);
    },
    register: (path, handler) => void handlers.set(path, handler),
    destroyAll() {
      for (const socket of open) socket.destroy();
    },
  };
}

function callerOf(request: IncomingMessage, isBehindProxy: boolean): Caller {
  const { method = "GET", headers, socket } = request;
  const forwarded = (name: string) => (isBehindProxy ? [headers[name] ?? []].flat() : []);
  return {
    method,
    headers,
    address: socket.remoteAddress ?? "",
    hosts: [...(headers.host === undefined ? [] : [headers.host]), ...forwarded("x-forwarded-host")],
    // A caller who forges the header gets a stricter check, not a laxer one.
    isSecure: socket instanceof TLSSocket || forwarded("x-forwarded-proto").includes("https"),
    isUpgrade: true,
  };
}
