/** MQTT quality of service. */
type Qos = 0 | 1 | 2;

/** Topic, payload and QoS: what every kept message has. */
export interface StoredMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
}

/** The last message of a topic; `user` is who published it, for the bound of each user. */
export interface StoredRetained extends StoredMessage {
  readonly user: string | undefined;
  readonly seenAt: number;
}

/** A message that waits in the queue of a session; `seq` orders all queues together. */
export interface StoredQueued extends StoredMessage {
  readonly seq: number;
  readonly clientId: string;
  readonly packetId: number;
  /** Sent because of a new subscription, so with the retain flag [MQTT-3.3.1-8]. */
  readonly replayed: boolean;
  /** QoS 2: the client has it (PUBREC) and is owed a PUBREL. */
  readonly isReceived: boolean;
}

/** A Last Will, and whose it is. */
export interface StoredWill extends StoredMessage {
  readonly clientId: string;
  readonly user: string | undefined;
  /** The connection it belongs to: the end of an older one must not delete it (aedes D12). */
  readonly epoch: number;
  readonly retain: boolean;
}

/** Where a publish of the hub itself comes from. */
export interface StoredOrigin {
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly cause: string;
  readonly hops: number;
}

/** A message a flow has not consumed yet. */
export interface StoredEvent extends StoredMessage {
  /** Unique over restarts. */
  readonly id: string;
  readonly retain: boolean;
  readonly clientId: string | undefined;
  readonly user: string | undefined;
  readonly epoch: number;
  readonly will: boolean;
  readonly seenAt: number;
  readonly origin: StoredOrigin | undefined;
}

/** A session that outlives its connection. */
export interface StoredSession {
  readonly clientId: string;
  readonly user: string | undefined;
  /** When its connection ended; `undefined` when it was connected as the hub ended. */
  readonly offlineSince: number | undefined;
  /** How many of its queued messages, from the first on, were sent already; `undefined` when nobody could note it. */
  readonly sentCount: number | undefined;
  readonly subscriptions: readonly { readonly filter: string; readonly qos: Qos }[];
  /** QoS 2 packet ids of its own publishes that wait for their PUBREL. */
  readonly inboundIds: readonly number[];
  /** In order. */
  readonly queue: readonly StoredQueued[];
}

/** One step of what is kept. Steps are carried out in order, those of one commit together or not at all. */
export type BrokerChange =
  | ({ readonly do: "retain" } & StoredRetained)
  | { readonly do: "unretain"; readonly topic: string }
  | { readonly do: "open"; readonly clientId: string; readonly user: string | undefined }
  | { readonly do: "leave"; readonly clientId: string; readonly at: number; readonly sentCount: number }
  /** The session goes, with its subscriptions, its queue and its packet ids. */
  | { readonly do: "forget"; readonly clientId: string }
  | { readonly do: "subscribe"; readonly clientId: string; readonly filter: string; readonly qos: Qos }
  | { readonly do: "unsubscribe"; readonly clientId: string; readonly filter: string }
  | ({ readonly do: "queue" } & Omit<StoredQueued, "isReceived">)
  | { readonly do: "receive"; readonly seq: number }
  | { readonly do: "unqueue"; readonly seq: number }
  | { readonly do: "inbound"; readonly clientId: string; readonly packetId: number }
  | { readonly do: "release"; readonly clientId: string; readonly packetId: number }
  | ({ readonly do: "will" } & StoredWill)
  | { readonly do: "unwill"; readonly clientId: string; readonly epoch: number }
  | ({ readonly do: "journal" } & StoredEvent);

/** All that was kept, as a broker finds it when it starts. */
export interface StoredState {
  readonly retained: Iterable<StoredRetained>;
  readonly sessions: Iterable<StoredSession>;
  readonly wills: readonly StoredWill[];
  /** The highest `seq` ever given. */
  readonly lastSeq: number;
}
