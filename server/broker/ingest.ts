import { createAcknowledgements, type Creditor } from "./acknowledgements.ts";
import type { Acl } from "./acl.ts";
import type { Arrival, Origin, Qos } from "./arrival.ts";
import type { Bus } from "./bus.ts";
import { endingError } from "./closeReasons.ts";
import { countMessage, type Counters } from "./counters.ts";
import { isPublishable, textBounds } from "./filters.ts";
import type { Ledger } from "./ledger.ts";
import type { BrokerLimits } from "./limits.ts";
import type { InboundPublish } from "./peer.ts";
import { remember } from "./remember.ts";
import type { RetainedIndex } from "./retained.ts";
import type { InboundIds } from "./session.ts";

/** Whose message it is, and what that one may do. */
export interface Author {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly epoch: number;
  readonly acl: Acl;
}

/** A connected client that publishes. */
export interface Publisher extends Author, Creditor {
  readonly inboundIds: InboundIds;
}

/** A message the hub itself sends. */
export interface HubMessage {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly origin?: Origin;
}

/** The one way in: every message is checked, kept if retained and routed here, in order of arrival. */
export interface Ingest {
  /** `done` lets the acknowledgement go; an error closes the connection. */
  publish(publisher: Publisher, packet: InboundPublish, done: (error?: Error | null) => void): void;
  will(author: Author, packet: InboundPublish): void;
  /** Throws when the topic is not one. Resolves when what must survive of it is on disk. */
  send(message: HubMessage): Promise<void>;
}

/** What the flows are asked about a message. */
export type Question = Pick<Arrival, "topic" | "clientId" | "user">;

/** Parts of the ingest. */
export interface IngestOptions {
  readonly bus: Bus;
  readonly retained: RetainedIndex;
  readonly ledger: Ledger;
  readonly counters: Counters;
  readonly limits: BrokerLimits;
  /** True when a flow waits for this message. */
  readonly isAwaited: (question: Question) => boolean;
  /** So much waits behind the broker that publishers should wait for their acknowledgements. */
  readonly isBusy: () => boolean;
  /** A name for a message that is unique over restarts. */
  readonly nextId: () => string;
  readonly now: () => number;
  readonly onDenied: (author: Author, topic: string) => void;
}

/**
 * Creates the ingest. Checking, keeping and routing are synchronous, so the order of arrival is the order of routing;
 * only the acknowledgement waits. What waits for the disk is what somebody would miss after a crash: a retained
 * message, a message for a session that outlives its connection, one that a flow listens to, and QoS 2 packet ids.
 */
export function createIngest(options: IngestOptions): Ingest {
  const { bus, retained, ledger, counters, limits, isAwaited, nextId, now, onDenied } = options;
  const bounds = textBounds(limits);
  const acknowledgements = createAcknowledgements(options);
  const isHubTopic = remember((topic) => isPublishable(topic, bounds));

  function accept(message: Omit<Arrival, "journalId">): void {
    const journalId = message.qos > 0 && isAwaited(message) ? nextId() : undefined;
    const { topic, payload, qos, retain, seenAt, clientId, user, epoch, will, origin } = message;
    // One by one: spreading an object of this size costs a microsecond.
    const arrival = {
      topic,
      payload,
      qos,
      retain,
      seenAt,
      clientId,
      user,
      epoch,
      will,
      origin,
      journalId,
    } satisfies Arrival;
    if (arrival.retain && !retained.store(arrival)) counters.retainedRefused++;
    if (journalId !== undefined) note(arrival, journalId);
    bus.route(arrival);
  }

  function note(arrival: Arrival, id: string): void {
    counters.journaled++;
    const { topic, qos, retain, clientId, user, epoch, will, seenAt, origin } = arrival;
    // A copy, since the payload is a view of a whole network buffer, which would wait for the disk with it.
    const payload = Buffer.from(arrival.payload);
    ledger.note({
      do: "journal",
      id,
      topic,
      payload,
      qos,
      retain,
      clientId,
      user,
      epoch,
      will,
      seenAt,
      origin,
    });
  }

  function fromClient(author: Author, packet: InboundPublish, isWill: boolean): void {
    const { topic, payload } = packet;
    if (!author.acl.mayPublish(topic)) {
      counters.denied[isWill ? "will" : "publish"]++;
      onDenied(author, topic);
      return;
    }
    accept({
      topic,
      payload: typeof payload === "string" ? Buffer.from(payload) : payload,
      qos: packet.qos ?? 0,
      retain: packet.retain ?? false,
      seenAt: now(),
      clientId: author.clientId,
      user: author.user,
      epoch: author.epoch,
      will: isWill,
      origin: undefined,
    });
  }

  /** Takes a QoS 2 packet id; a text says why not. */
  function takeId({ inboundIds }: Publisher, packetId: number): "new" | "known" | "too-many" {
    if (inboundIds.has(packetId)) return "known";
    if (inboundIds.size >= limits.inboundQos2) return "too-many";
    inboundIds.add(packetId);
    return "new";
  }

  return {
    publish(publisher, packet, done) {
      const { qos = 0, messageId = 0 } = packet;
      countMessage(counters.received, qos);
      counters.receivedBytes += packet.payload.length;
      const notedBefore = ledger.noted;
      const id = qos === 2 ? takeId(publisher, messageId) : "new";
      if (id === "too-many") {
        return done(endingError("inbound-qos2", "Too many QoS 2 messages wait for their PUBREL."));
      }
      // A refused message is acknowledged all the same: closing would only make the client repeat it [MQTT-3.3.5-2].
      if (id === "new") fromClient(publisher, packet, false);
      // [MQTT-4.3.3-2]: acknowledged again, not routed again
      else counters.duplicates++;
      if (qos === 0) done();
      else acknowledgements.owe(publisher, { notedBefore, bytes: packet.payload.length }, done);
    },
    will(author, packet) {
      counters.wills++;
      fromClient(author, packet, true);
    },
    send({ topic, payload, qos, retain, origin }) {
      if (!isHubTopic(topic)) throw new Error(`The topic ${JSON.stringify(topic)} cannot be published to.`);
      if (origin !== undefined && origin.hops > limits.hops) {
        counters.dropped.hops++;
        return Promise.resolve();
      }
      counters.published++;
      const notedBefore = ledger.noted;
      accept({
        topic,
        payload: typeof payload === "string" ? Buffer.from(payload) : payload,
        qos,
        retain,
        seenAt: now(),
        clientId: undefined,
        user: undefined,
        epoch: 0,
        will: false,
        origin,
      });
      if (ledger.noted === notedBefore) return Promise.resolve();
      return new Promise((resolve) => {
        ledger.whenKept(resolve);
      });
    },
  };
}
