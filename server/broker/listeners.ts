import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { plainAddress } from "./address.ts";
import type { Bans } from "./bans.ts";
import { countRefused, type Counters } from "./counters.ts";
import type { Gate } from "./gate.ts";
import type { BrokerLimits } from "./limits.ts";
import type { RareLog } from "./rareLog.ts";
import { createTcpListener, type TcpListener } from "./tcpListener.ts";
import { createTlsListener, type TlsListener } from "./tlsListener.ts";
import { tlsWay, type Way } from "./way.ts";
import { createWebSocketListener, type WebSocketListener } from "./webSocketListener.ts";

/** Every way into the broker. */
export interface Listeners {
  readonly tcp: TcpListener;
  readonly tls: TlsListener;
  readonly webSocket: WebSocketListener;
  /** Lets connections in from now on. */
  start(): void;
  /** Lets nobody in any more; open connections stay. */
  stop(): Promise<void>;
  /** How an accepted connection came in. */
  wayOf(connection: Duplex): Way;
  /** The CONNECT of a connection was accepted. */
  admit(connection: Duplex): void;
}

/** Parts of the listeners. */
export interface ListenersOptions {
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly rareLog: RareLog;
  readonly gate: Gate;
  /** Addresses that may be shut out. */
  readonly violators: Bans;
  /** It is the turn of a connection; with the request it came by over a WebSocket. */
  readonly accept: (connection: Duplex, request?: IncomingMessage) => void;
}

/** What all listeners do with a connection. */
interface Entrance {
  /** Counts a connection in, or refuses it; `onTurn` comes now, or later when many come at once. */
  enter(connection: Duplex, address: string, onTurn: () => void): void;
  accept(connection: Duplex, way: Way, request?: IncomingMessage): void;
}

/** Creates closed listeners; all of them count and refuse alike. */
export function createListeners(options: ListenersOptions): Listeners {
  const { counters, rareLog, gate, violators } = options;
  const ways = new WeakMap<Duplex, Way>();
  /** The socket below TLS: it was counted in before there was a connection. */
  const sockets = new WeakMap<Duplex, Duplex>();
  let isOpen = false;

  function enter(connection: Duplex, address: string, onTurn: () => void): void {
    // One that waits for its turn may end before anybody else listens.
    connection.on("error", () => {});
    const reason = refusal(connection, address, onTurn);
    if (reason === undefined) return;
    countRefused(counters, reason);
    rareLog.warn(`refused ${reason} ${address}`, { address, reason }, "A connection was refused.");
    connection.destroy();
  }

  function refusal(connection: Duplex, address: string, onTurn: () => void): string | undefined {
    if (!isOpen) return "stopped";
    return violators.refuses(address) ? "protocol-errors" : gate.enter(connection, address, onTurn);
  }

  function accept(connection: Duplex, way: Way, request?: IncomingMessage): void {
    ways.set(connection, way);
    options.accept(connection, request);
  }

  const entrance = { enter, accept };
  const tcp = createTcpListener((socket) => {
    const address = plainAddress(socket.remoteAddress);
    enter(socket, address, () => accept(socket, { address, listener: "mqtt" }));
  });
  const tls = createTls(options, entrance, sockets);
  const webSocket = createWebSocket(options, entrance);

  return {
    tcp,
    tls,
    webSocket,
    start() {
      isOpen = true;
    },
    async stop() {
      isOpen = false;
      await Promise.all([tcp.close(), tls.close()]);
    },
    wayOf(connection) {
      const way = ways.get(connection);
      if (way === undefined) throw new Error("A connection was accepted that came no way.");
      return way;
    },
    admit: (connection) => gate.admit(sockets.get(connection) ?? connection),
  };
}

function createTls(
  { limits, counters, rareLog }: ListenersOptions,
  { enter, accept }: Entrance,
  sockets: WeakMap<Duplex, Duplex>,
): TlsListener {
  return createTlsListener({
    handshakeMs: limits.connectMs,
    enter: (socket, onTurn) => enter(socket, plainAddress(socket.remoteAddress), onTurn),
    accept(connection, socket) {
      sockets.set(connection, socket);
      accept(connection, tlsWay(connection));
    },
    onFailure(error, { remoteAddress, authorizationError }) {
      countRefused(counters, "tls");
      const address = plainAddress(remoteAddress);
      rareLog.warn(`tls ${address}`, { address, err: error, authorizationError }, "A TLS handshake failed.");
    },
  });
}

function createWebSocket(
  { limits, counters, rareLog }: ListenersOptions,
  { enter, accept }: Entrance,
): WebSocketListener {
  return createWebSocketListener({
    frameBytes: limits.packetBytes + limits.packetBytesBeforeConnack,
    accept(connection, request) {
      const address = plainAddress(request.socket.remoteAddress);
      enter(connection, address, () => accept(connection, { address, listener: "websocket" }, request));
    },
    onRefused(reason, request) {
      countRefused(counters, reason);
      const address = plainAddress(request.socket.remoteAddress);
      rareLog.info(`upgrade ${address}`, { address, reason }, "A WebSocket was refused.");
    },
  });
}
