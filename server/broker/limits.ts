import type { ShareStrategy } from "./shares.ts";

/** What to do with a new message when the queue of its client is full. */
export type QueuePolicy = "drop-oldest" | "drop-newest" | "disconnect";

/** Bounds and choices of the broker; each bound has a counter when it is hit. */
export interface BrokerLimits {
  /** Open sockets: in all, from one address, from this machine, and before their CONNECT was accepted. */
  readonly connections: number;
  readonly connectionsPerAddress: number;
  readonly connectionsFromLoopback: number;
  readonly connectionsUnauthenticated: number;
  /** From the opened socket to the complete CONNECT packet. */
  readonly connectMs: number;
  /** A client whose full buffer does not move for so long is cut off. */
  readonly drainMs: number;
  readonly packetBytesBeforeConnack: number;
  readonly bytesBeforeConnack: number;
  /** What all clients without CONNACK have sent together. */
  readonly unauthenticatedBytes: number;
  readonly packetBytes: number;
  readonly packetsBehindConnect: number;
  readonly clientIdBytes: number;
  readonly topicBytes: number;
  readonly topicLevels: number;
  /** Refuse control characters and Unicode non-characters in names and topics, as the standard advises. */
  readonly refusesControlCharacters: boolean;
  readonly subscriptionsPerClient: number;
  /** QoS 2 messages of one publisher that wait for their PUBREL. */
  readonly inboundQos2: number;
  /** QoS 1 and 2 messages to one client that wait for its acknowledgement. */
  readonly sendWindow: number;
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** By default the newest state matters most. */
  readonly queuePolicy: QueuePolicy;
  /** All queues together; beyond, the biggest is trimmed. */
  readonly queueBytesTotal: number;
  /** Unsent bytes of one socket; beyond, QoS 0 is dropped for this client and QoS 1 and 2 wait in its queue. */
  readonly socketBufferBytes: number;
  /** Who gets the next message of a shared subscription; `sticky` keeps each publisher with one member. */
  readonly shareStrategy: ShareStrategy;
  readonly retainedTopics: number;
  readonly retainedBytes: number;
  readonly retainedTopicsPerUser: number;
  readonly offlineSessions: number;
  /** A session whose client stays away for so long is removed. */
  readonly sessionExpiryMs: number;
  /** After a restart a client has so long to come back before its Last Will is published. */
  readonly willGraceMs: number;
  /** Publishes by flows along one chain of causes. */
  readonly hops: number;
}

/** The defaults (reference: broker, section 3.8). */
export const brokerLimits: BrokerLimits = {
  connections: 5_000,
  connectionsPerAddress: 100,
  connectionsFromLoopback: 1_000,
  connectionsUnauthenticated: 200,
  connectMs: 10_000,
  drainMs: 5_000,
  packetBytesBeforeConnack: 64 * 1024,
  bytesBeforeConnack: 256 * 1024,
  unauthenticatedBytes: 32 * 1024 * 1024,
  packetBytes: 1024 * 1024,
  packetsBehindConnect: 1_000,
  clientIdBytes: 128,
  topicBytes: 1_024,
  topicLevels: 32,
  refusesControlCharacters: true,
  subscriptionsPerClient: 200,
  inboundQos2: 100,
  sendWindow: 64,
  queueMessages: 1_000,
  queueBytes: 8 * 1024 * 1024,
  queuePolicy: "drop-oldest",
  queueBytesTotal: 256 * 1024 * 1024,
  socketBufferBytes: 1024 * 1024,
  shareStrategy: "round-robin",
  retainedTopics: 100_000,
  retainedBytes: 256 * 1024 * 1024,
  retainedTopicsPerUser: 20_000,
  offlineSessions: 5_000,
  sessionExpiryMs: 7 * 86_400_000,
  willGraceMs: 30_000,
  hops: 16,
};
