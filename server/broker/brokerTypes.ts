import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Access, Knock } from "./access.ts";
import type { Arrival, Qos } from "./arrival.ts";
import type { ClientInfo } from "./clients.ts";
import type { SessionChange } from "./connections.ts";
import type { BrokerFinding } from "./finding.ts";
import type { HubMessage, Question } from "./ingest.ts";
import type { BrokerLimits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { PacketTraces } from "./packetTraces.ts";
import type { CloseCause } from "./peer.ts";
import type { BrokerStats } from "./stats.ts";
import type { BrokerStorage } from "./storage.ts";
import type { TcpPlace } from "./tcpListener.ts";
import type { Schedule } from "./ticker.ts";
import type { TlsOptions } from "./tlsListener.ts";

/** What the broker needs from the hub. */
export interface BrokerOptions {
  readonly access: Access;
  /** What must survive goes there before it is acknowledged. */
  readonly storage: BrokerStorage;
  /** True when a flow waits for such a message: it is then kept until the flow has consumed it. @default never */
  readonly isAwaited?: (question: Question) => boolean;
  /** So much waits in the flows or for the disk that publishers should be slowed down. @default never */
  readonly isBusy?: () => boolean;
  /** Differs after each start; the names of kept messages begin with it. */
  readonly bootId: string;
  /** Opened by `start`; without it the hub opens TCP later. */
  readonly tcp: TcpPlace | undefined;
  readonly limits?: Partial<BrokerLimits>;
  readonly now: () => number;
  /** ms on a clock that never jumps, for delays. @default performance.now */
  readonly elapsed?: () => number;
  readonly schedule: Schedule;
  /** Of the hub, as `$SYS/broker/version` tells it. @default "" */
  readonly version?: string;
  readonly log: Log;
}

/** The embedded MQTT broker. */
export interface Broker {
  start(): Promise<{ readonly tcpPort: number | undefined }>;
  /** Closes everything; Last Wills are not published. */
  stop(): Promise<void>;
  openTcp(place: TcpPlace): Promise<number>;
  /** Stops accepting; open connections stay. */
  closeTcp(): Promise<void>;
  openTls(place: TcpPlace, options: TlsOptions): Promise<number>;
  /** Serves another certificate to new connections; open ones stay. */
  secureTls(options: TlsOptions): void;
  /** Takes over an upgrade request for `/mqtt`; refuses any other. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Hears every accepted message once, synchronously, before its subscribers; returns its own end. */
  onMessage(listener: (arrival: Arrival) => void): () => void;
  onSession(listener: (change: SessionChange) => void): () => void;
  onRefusal(listener: (knock: Knock) => void): () => void;
  onFinding(listener: (finding: BrokerFinding) => void): () => void;
  /**
   * Sends a message of the hub itself; throws when the topic cannot be published to. Resolves when what must survive
   * of it is on disk.
   */
  publish(message: HubMessage): Promise<void>;
  /** Hands what the broker keeps to the disk, so that whatever the caller writes next comes after it. */
  submit(): void;
  retained(
    filter: string,
  ): readonly { readonly topic: string; readonly payload: Uint8Array; readonly qos: Qos }[];
  clients(): readonly ClientInfo[];
  client(clientId: string): ClientInfo | undefined;
  /** Ends the connection of a client; false when it has none. */
  kick(clientId: string, cause?: CloseCause): boolean;
  /** Gives up what waits for a client; returns how many messages that were, `undefined` without a session. */
  clearQueue(clientId: string): number | undefined;
  /** Traces of packets, for people who look for a fault. */
  readonly traces: Pick<PacketTraces, "start" | "list" | "packets" | "remove">;
  /** The rules or the credentials of a user changed: applies the new ones at once, or cuts the user off. */
  refreshAccess(user: string | undefined): void;
  stats(): BrokerStats;
}
