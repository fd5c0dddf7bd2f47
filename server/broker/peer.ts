import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Qos } from "./arrival.ts";
import type { FrameLimits } from "./frames.ts";
import type { Inflow } from "./inflow.ts";

/** Why a connection ended, as far as the protocol tells. */
export type CloseCause =
  | "disconnect"
  | "socket"
  | "keepalive"
  | "takeover"
  | "kicked"
  | "slow"
  | "protocol"
  | "hub-restart";

/** CONNACK return codes of MQTT 3.1.1; 0 accepts. */
export type ConnackCode = 0 | 2 | 3 | 4 | 5;

/** One MQTT connection. */
export interface Peer {
  readonly connection: Duplex;
  /** Stops and goes on reading this client. */
  readonly inflow: Inflow;
  /** Ends the connection; its Last Will is published. The first cause given counts. */
  close(cause: CloseCause): void;
  /** Names the cause of an end that comes anyway. */
  blame(cause: CloseCause): void;
}

/** What a CONNECT asks for. */
export interface ConnectRequest {
  readonly clientId: string;
  readonly isPersistent: boolean;
  /** False when the client gave no id and wants its session kept [MQTT-3.1.3-8], or speaks MQTT 3.1, which has no empty id. */
  readonly hasValidId: boolean;
  readonly keepAliveS: number;
  readonly version: number;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  readonly will: InboundPublish | undefined;
}

/** A PUBLISH or a Last Will as it came. */
export interface InboundPublish {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos?: Qos;
  readonly retain?: boolean;
  /** The packet id, for QoS 1 and 2. */
  readonly messageId?: number;
}

/** What the layer above the protocol does; each is called exactly when its sentence says (see the contract test). */
export interface PeerHooks {
  /** A CONNECT arrived; the answer is its CONNACK code. */
  connect(peer: Peer, request: ConnectRequest): Promise<ConnackCode>;
  /**
   * The connection is accepted; an older one with the same id is still open, the CONNACK is not yet sent. False closes
   * the new one instead.
   */
  open(peer: Peer): boolean;
  /** So many bytes were taken from the socket; they are parsed right after. */
  read(peer: Peer, bytes: number): void;
  /** The CONNACK is sent. */
  ready(peer: Peer): void;
  /** In order of arrival; the acknowledgement waits for `done`. An error closes the connection. */
  publish(peer: Peer, packet: InboundPublish, done: (error?: Error | null) => void): void;
  /** A QoS 1 PUBLISH is `done`: its PUBACK may go. */
  acknowledge(peer: Peer, packetId: number): void;
  /** The connection ended without DISCONNECT. */
  will(peer: Peer, packet: InboundPublish): void;
  /** Before the SUBACK, for each filter in it; false answers 0x80. */
  subscribe(peer: Peer, filter: string, qos: Qos): boolean;
  /** So many filters of one SUBSCRIBE were beyond the limit and got 0x80 without being asked about. */
  tooManyFilters(peer: Peer, count: number): void;
  /** A PINGREQ came. */
  pinged(peer: Peer): void;
  /** The SUBACK is written; only granted filters. */
  subscribed(peer: Peer, filters: readonly string[]): void;
  /** Before the UNSUBACK of a session that outlives its connection, and after any UNSUBACK. */
  unsubscribed(peer: Peer, filters: readonly string[]): void;
  /** PUBACK or PUBCOMP. */
  acknowledged(peer: Peer, packetId: number): void;
  /** PUBREC for a session that outlives the connection; the PUBREL waits for `kept`. */
  received(peer: Peer, packetId: number, kept: () => void): void;
  /** PUBREL: the QoS 2 id may be used again; the PUBCOMP waits for `kept`. */
  released(peer: Peer, packetId: number, kept: () => void): void;
  /** Calls back when all that has changed is on disk: SUBACK and UNSUBACK of a session that outlives its connection wait. */
  kept(act: () => void): void;
  /** True when a returning client finds its session, with or without subscriptions [MQTT-3.2.2-2]. */
  hasSession(clientId: string): boolean;
  /** The end of a connection that was opened; after its will. */
  closed(peer: Peer, cause: CloseCause): void;
  /** The end of one that never was, or that broke a rule. */
  refused(peer: Peer, reason: string): void;
  /** A hook threw, or aedes reports a failure of its own. */
  failed(error: unknown, what: string): void;
}

/** Sees the bytes of one connection: what came, before anything checks it, and what is written, by whoever. */
export interface Wiretap {
  received(chunk: Uint8Array): void;
  sent(chunk: Uint8Array): void;
}

/** Sizes and times that are kept below the hooks. */
export interface PeerLimits extends FrameLimits {
  readonly unauthenticatedBytes: number;
  readonly connectMs: number;
  readonly drainMs: number;
  readonly packetsBehindConnect: number;
  readonly filtersPerSubscribe: number;
  readonly inboundWaiting: number;
  readonly inboundWaitingBytes: number;
}

/** The protocol engine, seen from our side. */
export interface PeerPort {
  start(): Promise<void>;
  stop(): Promise<void>;
  accept(connection: Duplex, request?: IncomingMessage): Peer;
}
