import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, rootCertificates, type ConnectionOptions } from "node:tls";
import { isSameAddress } from "./address.ts";
import { OutboundError } from "./outboundError.ts";

/** A judged way to a host. */
export interface Route {
  /** As the user wrote it: goes into the Host header, SNI and the check of the certificate. */
  readonly host: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

/** How to open a socket along a route. */
export interface SocketOptions {
  readonly tls: boolean;
  /** Own certificate authorities, as PEM, beside the usual ones. */
  readonly trusted?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Connects to the judged addresses, one after the other, never by name: between the judgement and the connection
 * no second look-up can give another answer. What the socket says it is connected to is compared before the first
 * byte is written.
 */
export async function openSocket(route: Route, options: SocketOptions): Promise<Socket> {
  let lastError: unknown;
  for (const address of route.addresses) {
    try {
      const socket = await connected(
        connectTcp({ host: address, port: route.port }),
        "connect",
        options.signal,
      );
      if (!isSameAddress(socket.remoteAddress ?? "", address)) {
        socket.destroy();
        throw new OutboundError("policy", `${route.host} led to ${socket.remoteAddress ?? "nowhere"}.`);
      }
      socket.setNoDelay(true);
      return options.tls ? await secured(socket, route.host, options) : socket;
    } catch (error) {
      if (error instanceof OutboundError) throw error;
      lastError = error;
      if (options.signal.aborted) break;
    }
  }
  if (options.signal.aborted)
    throw new OutboundError("timeout", `${route.host} port ${route.port} did not answer in time.`);
  throw new OutboundError(
    "unreachable",
    `${route.host} port ${route.port} cannot be reached: ${lastError instanceof Error ? lastError.message : "no address"}.`,
    { cause: lastError },
  );
}

function secured(socket: Socket, host: string, { trusted, signal }: SocketOptions): Promise<Socket> {
  const options: ConnectionOptions = {
    socket,
    host,
    // SNI carries names only [RFC 6066]; the certificate of an address is checked against `host`.
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(trusted !== undefined && { ca: [...rootCertificates, ...trusted] }),
  };
  return connected(connectTls(options), "secureConnect", signal);
}

function connected<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => () => {
      signal.removeEventListener("abort", abort);
      settle();
    };
    const abort = () => socket.destroy(new Error("It took too long."));
    socket.once(
      event,
      finish(() => {
        socket.removeListener("error", fail);
        // Whoever takes the socket over adds its own; until then an error must not end the process.
        socket.on("error", () => {});
        resolve(socket);
      }),
    );
    const fail = (error: Error) => finish(() => reject(error))();
    socket.once("error", fail);
    socket.once(
      "close",
      finish(() => reject(new Error("The connection was closed."))),
    );
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
