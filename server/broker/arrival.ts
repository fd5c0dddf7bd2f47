import { encodePublish, payloadOf, type PublishFrame } from "./encode.ts";

/** MQTT quality of service. */
export type Qos = 0 | 1 | 2;

/** Where a publish of the hub itself comes from. */
export interface Origin {
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly cause: string;
  /** Publishes by flows along the chain so far, this one included. */
  readonly hops: number;
}

/** A message the broker accepted, as the tap sees it: once, before any subscriber. Times are ms since 1970. */
export interface Arrival {
  readonly topic: string;
  /** Valid during the call; who keeps it longer and is short of memory makes a copy. */
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly seenAt: number;
  /** The publisher; `undefined` for the hub. */
  readonly clientId: string | undefined;
  readonly user: string | undefined;
  /** Which connection of that client; a will whose epoch is not the newest is stale. 0 for the hub. */
  readonly epoch: number;
  /** True for a Last Will. */
  readonly will: boolean;
  /** Set on the hub's own publishes. */
  readonly origin: Origin | undefined;
  /** Set when a flow waits for it and it must not be lost: its name on disk, until the flow has consumed it. */
  readonly journalId: string | undefined;
}

/** What a subscriber gets: version-neutral, so that only the writer knows the wire. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  /** The client it comes from, where that is known. */
  readonly publisher: string | undefined;
  /** Set only for a message sent because of a new subscription [MQTT-3.3.1-8] [MQTT-3.3.1-9]. */
  readonly replayed: boolean;
  /** The bytes for one QoS, encoded at first use and shared by all subscribers. */
  frame(qos: Qos): PublishFrame;
  /** The payload where it lies in that frame: the same for all rows, and no view of the network's memory. */
  keptPayload(qos: Qos): Uint8Array;
}

/** Prepares a message for its subscribers. */
export function createOutgoing(
  message: Pick<Arrival, "topic" | "payload" | "qos"> & Partial<Pick<Arrival, "clientId">>,
  replayed = false,
): Outgoing {
  return new SharedMessage(message, replayed);
}

/** A class, because one is made for each message: its methods cost nothing then, which closures would. */
class SharedMessage implements Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly publisher: string | undefined;
  readonly replayed: boolean;
  #frame0: PublishFrame | undefined;
  #frame1: PublishFrame | undefined;
  #frame2: PublishFrame | undefined;
  #keptPayload: Uint8Array | undefined;

  constructor(message: Parameters<typeof createOutgoing>[0], replayed: boolean) {
    this.topic = message.topic;
    this.payload = message.payload;
    this.qos = message.qos;
    this.publisher = message.clientId;
    this.replayed = replayed;
  }

  frame(qos: Qos): PublishFrame {
    if (qos === 0) return (this.#frame0 ??= this.#encode(qos));
    if (qos === 1) return (this.#frame1 ??= this.#encode(qos));
    return (this.#frame2 ??= this.#encode(qos));
  }

  keptPayload(qos: Qos): Uint8Array {
    return (this.#keptPayload ??= payloadOf(this.frame(qos)));
  }

  #encode(qos: Qos): PublishFrame {
    const { topic, payload, replayed } = this;
    return encodePublish({ topic, payload, qos, retain: replayed });
  }
}
