import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Qos } from "./arrival.ts";
import type { ClientNote } from "./clientNotes.ts";
import type { Connection } from "./connections.ts";
import type { DeliveryStatus } from "./delivery.ts";
import type { Session } from "./session.ts";
import type { MessageRates } from "./traffic.ts";

/** One client as people look at it: its session and, while it is connected, its connection. */
export interface ClientInfo extends DeliveryStatus, ClientNote {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly isPersistent: boolean;
  readonly subscriptions: readonly { readonly filter: string; readonly qos: Qos }[];
  /** Since when its queue was never found empty; looked at every few seconds. */
  readonly queuedSince: number | undefined;
  readonly sendWindow: number;
  readonly connection: ConnectionInfo | undefined;
}

/** The open connection of a client. */
export interface ConnectionInfo extends MessageRates {
  readonly address: string;
  readonly epoch: number;
  readonly connectedAt: number;
  readonly keepAliveS: number;
  /** Protocol level: 3 is MQTT 3.1, 4 is MQTT 3.1.1. */
  readonly version: number;
  readonly transport: "tcp" | "websocket";
  readonly willTopic: string | undefined;
  /** How often the client was made to wait because it sent too fast. */
  readonly throttled: number;
  /** True while the client is not read. */
  readonly isHeld: boolean;
  readonly will: WillInfo | undefined;
  /** Asks the connection, so it costs something; `undefined` without TLS. */
  tls(): TlsInfo | undefined;
}

/** A Last Will, without what it says. */
export interface WillInfo {
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly bytes: number;
}

/** How a connection is encrypted. */
export interface TlsInfo {
  readonly version: string;
  readonly cipher: string;
  /** The name in the certificate of the client, where it showed one. */
  readonly subject: string | undefined;
}

/** What a description is put together from. */
export interface ClientSources {
  readonly session: Session;
  readonly connection: Connection | undefined;
  readonly note: ClientNote;
  readonly queuedSince: number | undefined;
  readonly sendWindow: number;
  readonly rates: (connection: Connection) => MessageRates;
  /** The socket under a WebSocket; `undefined` for plain MQTT. */
  readonly underneath: (connection: Duplex) => Duplex | undefined;
}

/** Describes one client. */
export function describeClient(sources: ClientSources): ClientInfo {
  const { session, connection, note, queuedSince, sendWindow } = sources;
  const { clientId, user, isPersistent, delivery } = session;
  return {
    ...delivery.status(),
    ...note,
    clientId,
    user,
    isPersistent,
    subscriptions: session.filters(),
    queuedSince,
    sendWindow,
    connection: connection && describeConnection(connection, sources),
  };
}

function describeConnection(connection: Connection, { rates, underneath }: ClientSources): ConnectionInfo {
  const { address, epoch, connectedAt, request, peer, inbound } = connection;
  const { keepAliveS, version, will } = request;
  const socket = underneath(peer.connection);
  return {
    ...rates(connection),
    address,
    epoch,
    connectedAt,
    keepAliveS,
    version,
    transport: socket === undefined ? "tcp" : "websocket",
    willTopic: will?.topic,
    throttled: inbound.throttled(),
    isHeld: peer.inflow.isHeld(),
    will: will && {
      topic: will.topic,
      qos: will.qos ?? 0,
      retain: will.retain ?? false,
      bytes: Buffer.byteLength(will.payload),
    },
    tls: () => describeTls(socket ?? peer.connection),
  };
}

function describeTls(socket: Duplex): TlsInfo | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // An empty object when the client showed no certificate.
  const { subject } = socket.getPeerCertificate();
  return {
    version: socket.getProtocol() ?? "",
    cipher: socket.getCipher().name,
    subject: subject === undefined ? undefined : [subject.CN].flat()[0],
  };
}
