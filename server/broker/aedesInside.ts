import type { Client } from "aedes";
import type { Duplex } from "node:stream";
import type { Packet } from "mqtt-packet";
import type { Wiretap } from "./peer.ts";

/** Undocumented members of a client that we rely on; the contract test holds each one. */
export interface ClientInside {
  readonly _parser: {
    parse(chunk: Uint8Array): number;
    prependListener(event: "packet", listener: (packet: Packet) => void): unknown;
  };
  /** Runs when the client has a keep-alive and is connected. */
  readonly _keepaliveTimer?: NodeJS.Timeout | null;
  /** Set by a DISCONNECT packet. */
  readonly _disconnected: boolean;
  /** By filter, which is a number here. */
  readonly subscriptions: Record<string, unknown>;
}

/** Undocumented members of the broker that we rely on; the timers exist once it listens. */
export interface AedesInside {
  readonly clients: Record<string, Client>;
  registerClient(client: Client): void;
  publish(packet: unknown, client: unknown, done?: (error?: Error) => void): void;
  readonly _heartbeatInterval?: NodeJS.Timeout;
  readonly _clearWillInterval?: NodeJS.Timeout;
}

/** The connection a tap is set on. */
export interface Tapped {
  readonly client: Client;
  readonly connection: Duplex;
}

type WriteDone = (error: Error | null | undefined) => void;

/** What is inside a client; throws for another version of aedes. */
export function insideOfClient(client: object): ClientInside {
  if (isClientInside(client)) return client;
  throw new Error("This version of aedes has another client inside; the broker was written for 1.2.0.");
}

/** What is inside the broker; throws for another version of aedes. */
export function insideOfBroker(aedes: object): AedesInside {
  if (isAedesInside(aedes)) return aedes;
  throw new Error("This version of aedes has another broker inside; this one was written for 1.2.0.");
}

/** aedes writes its acknowledgements into the connection by itself, so the connection is where all bytes pass. */
export function tapWire({ client, connection }: Tapped, { received, sent }: Wiretap): void {
  const { _parser: parser } = insideOfClient(client);
  const parse = parser.parse.bind(parser);
  parser.parse = (chunk) => {
    received(chunk);
    return parse(chunk);
  };
  const write = connection.write.bind(connection);
  // Node takes either order of the last two, and so does what it is replaced by.
  connection.write = (chunk: unknown, encoding?: BufferEncoding | WriteDone, done?: WriteDone) => {
    if (chunk instanceof Uint8Array) sent(chunk);
    return typeof encoding === "string" ? write(chunk, encoding, done) : write(chunk, encoding ?? done);
  };
}

function isClientInside(client: object): client is ClientInside {
  return "_parser" in client && "_disconnected" in client && "subscriptions" in client;
}

function isAedesInside(aedes: object): aedes is AedesInside {
  return "registerClient" in aedes && "publish" in aedes && "clients" in aedes;
}
