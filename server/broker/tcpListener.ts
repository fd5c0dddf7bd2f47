import { createServer, type Server, type Socket } from "node:net";

/** Where to listen; port 0 takes a free one. */
export interface TcpPlace {
  readonly host: string;
  readonly port: number;
}

/** Plain MQTT over TCP, opened and closed while the broker runs. */
export interface TcpListener {
  /** Returns the port; a listener that is open already moves. */
  open(place: TcpPlace): Promise<number>;
  /** Stops accepting; connections that are open stay. */
  close(): Promise<void>;
  readonly port: number | undefined;
}

/** Finds a peer that vanished without a word while no keep-alive of MQTT runs. */
const KEEP_ALIVE_AFTER_MS = 30_000;

/** Creates a closed listener. */
export function createTcpListener(accept: (socket: Socket) => void): TcpListener {
  let server: Server | undefined;

  async function close(): Promise<void> {
    const closing = server;
    server = undefined;
    // Not awaited: "close" comes only after the last connection, and those may stay.
    closing?.close();
  }

  return {
    async open({ host, port }) {
      await close();
      const opening = createServer(
        // Without it an acknowledgement and a message in two small writes wait up to 40 ms for each other.
        // Paused, since one that has to wait for its turn must not fill a buffer meanwhile.
        { noDelay: true, pauseOnConnect: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS },
        accept,
      );
      await new Promise<void>((resolve, reject) => {
        opening.once("error", reject);
        opening.listen(port, host, () => {
          opening.off("error", reject);
          resolve();
        });
      });
      // Later errors concern single connections that could not be accepted; the listener goes on.
      opening.on("error", () => {});
      server = opening;
      return portOf(opening);
    },
    close,
    get port() {
      return server && portOf(server);
    },
  };
}

/** The port a listening server got. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string")
    throw new Error("The server does not listen on a port.");
  return address.port;
}
