import type { Outgoing, Qos } from "./arrival.ts";
import type { Counters, DropReason } from "./counters.ts";
import type { Ledger } from "./ledger.ts";
import type { QueuePolicy } from "./limits.ts";
import type { Link } from "./link.ts";
import type { RetainedMessage } from "./retained.ts";
import type { ShareMark, ShareMember } from "./shares.ts";
import type { KeptQueued } from "./storage.ts";

/** What a delivery asks about its session. */
export interface DeliveryOptions {
  readonly clientId: string;
  readonly sendWindow: number;
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly queuePolicy: QueuePolicy;
  /** False when nothing waits for a client that is away, and nothing is kept. */
  readonly isPersistent: boolean;
  readonly mayReceive: (topic: string) => boolean;
  /** The highest QoS granted for a topic; `undefined` when no filter matches it any more. */
  readonly grantedQos: (topic: string) => Qos | undefined;
  /** The shared subscription a kept message must have come through; `undefined` when it may be the session's own. */
  readonly shareOf: (topic: string) => string | undefined;
  readonly ledger: Ledger;
  readonly nextSeq: () => number;
  /** Hears each change of the size of its queue, in bytes. */
  readonly onBytes: (change: number) => void;
  /** The queue is full, and the policy is to part. */
  readonly onOverflow: () => void;
  readonly counters: Counters;
}

/** Sends messages to one session: at once, or in order when the client has room or comes back. */
export interface Delivery extends ShareMember {
  deliver(message: Outgoing, grantedQos: Qos, mark?: ShareMark): boolean;
  /** A connection took the session over; it gets nothing before `resume`. */
  attach(link: Link): void;
  /** The client has its CONNACK: repeat what it did not acknowledge, then what waited, then live messages. */
  resume(): void;
  detach(): void;
  /** PUBACK or PUBCOMP. */
  acknowledge(packetId: number): void;
  /** PUBREC; `kept` is called when the PUBREL may go. */
  receive(packetId: number, kept: () => void): void;
  /** Sends retained messages, a little at a time. */
  replay(messages: Iterator<RetainedMessage>): void;
  /** There is room in the socket again. */
  proceed(): void;
  /** Takes up what was kept for it; the first `sentCount` may have been sent. */
  restore(queue: readonly KeptQueued[], sentCount: number): void;
  /** Gives up so many bytes of what matters least, because all queues together are too big. */
  trim(bytes: number): void;
  /** Gives up what still waits; returns how many messages that were. */
  discard(): number;
  /** Gives up what was not sent yet; what waits for its acknowledgement stays. Returns how many messages that were. */
  clear(): number;
  /** A method: one getter would make an object of this size three times as large. */
  status(): DeliveryStatus;
}

/** Numbers of one client. */
export interface DeliveryStatus {
  readonly queued: number;
  readonly queuedBytes: number;
  readonly inFlight: number;
  readonly delivered: number;
  readonly dropped: number;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
}
