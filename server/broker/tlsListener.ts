import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { createTcpListener, type TcpPlace } from "./tcpListener.ts";

/** What is served over TLS, as PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  /** Authorities whose client certificates count; without one, none is asked for. */
  readonly ca: readonly string[];
  /** Whether clients may, or must, show a certificate. */
  readonly clientCertificates: "off" | "optional" | "required";
}

/** MQTT over TLS. */
export interface TlsListener {
  open(place: TcpPlace, options: TlsOptions): Promise<number>;
  /** New connections are served with this; open ones, and handshakes that have begun, keep what they have. */
  secure(options: TlsOptions): void;
  /** Stops accepting; connections that are open stay. */
  close(): Promise<void>;
}

/** Parts of the listener. */
export interface TlsListenerParts {
  /** Counts a socket in before its handshake, which begins with `onTurn`; one that is refused gets none. */
  readonly enter: (socket: Socket, onTurn: () => void) => void;
  /** The handshake is done; `socket` is what `enter` was given. */
  readonly accept: (connection: TLSSocket, socket: Socket) => void;
  /** A handshake failed; nobody else would tell. */
  readonly onFailure: (error: Error, connection: TLSSocket) => void;
  readonly handshakeMs: number;
}

/** Creates a closed listener. */
export function createTlsListener({ enter, accept, onFailure, handshakeMs }: TlsListenerParts): TlsListener {
  const shakingHands = new Map<string, Socket>();
  let server: Server | undefined;
  const tcp = createTcpListener(take);

  function take(socket: Socket): void {
    socket.on("error", () => {});
    if (server !== undefined) enter(socket, () => shakeHands(socket));
  }

  function shakeHands(socket: Socket): void {
    if (socket.destroyed) return;
    const name = nameOf(socket);
    shakingHands.set(name, socket);
    socket.once("close", () => shakingHands.delete(name));
    // A server that does not listen itself: a new one can take its place at any time. Node documents this event for it.
    server?.emit("connection", socket);
  }

  function secure(options: TlsOptions): void {
    const asks = options.clientCertificates !== "off" && options.ca.length > 0;
    const isRequired = options.clientCertificates === "required";
    const { cert, key, ca } = options;
    server = createServer({
      cert,
      key,
      minVersion: "TLSv1.2",
      handshakeTimeout: handshakeMs,
      requestCert: asks || isRequired,
      rejectUnauthorized: isRequired,
      // Left out, Node would accept the certificates that all public authorities have ever signed.
      ca: [...ca],
    });
    server.on("secureConnection", (connection) => {
      const socket = shakingHands.get(nameOf(connection));
      if (socket === undefined) connection.destroy();
      else accept(connection, socket);
    });
    server.on("tlsClientError", (error, connection) => {
      onFailure(error, connection);
      // After a time-out Node leaves the socket open.
      connection.destroy();
    });
  }

  return {
    async open(place, options) {
      secure(options);
      return tcp.open(place);
    },
    secure,
    close: () => tcp.close(),
  };
}

/** Two open sockets of one listener never share it. */
function nameOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return [remoteAddress, remotePort, localAddress].join(" ");
}
