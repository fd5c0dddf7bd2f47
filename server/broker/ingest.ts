import type { Acl } from "./acl.ts";
import type { Arrival, Origin, Qos } from "./arrival.ts";
import type { Bus } from "./bus.ts";
import { endingError } from "./closeReasons.ts";
import { countMessage, type Counters } from "./counters.ts";
import { isPublishable } from "./filters.ts";
import type { BrokerLimits } from "./limits.ts";
import type { InboundPublish } from "./peer.ts";
import { remember } from "./remember.ts";
import type { RetainedIndex } from "./retained.ts";

/** Who publishes. */
export interface Publisher {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly epoch: number;
  readonly acl: Acl;
  readonly inboundIds: Set<number>;
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
  will(publisher: Publisher, packet: InboundPublish): void;
  /** Throws when the topic is not one. */
  send(message: HubMessage): void;
}

/** Parts of the ingest. */
export interface IngestOptions {
  readonly bus: Bus;
  readonly retained: RetainedIndex;
  readonly counters: Counters;
  readonly limits: BrokerLimits;
  readonly now: () => number;
  readonly onDenied: (publisher: Publisher, topic: string) => void;
}

/** Creates the ingest. All of it is synchronous, so the order of arrival is the order of routing. */
export function createIngest({ bus, retained, counters, limits, now, onDenied }: IngestOptions): Ingest {
  const bounds = { bytes: limits.topicBytes, levels: limits.topicLevels };
  const isHubTopic = remember((topic) => isPublishable(topic, bounds));

  function accept(arrival: Arrival): void {
    if (arrival.retain && !retained.store(arrival)) counters.retainedRefused++;
    bus.route(arrival);
  }

  function fromClient(publisher: Publisher, packet: InboundPublish, isWill: boolean): void {
    const { topic, payload } = packet;
    if (!publisher.acl.mayPublish(topic)) {
      counters.denied[isWill ? "will" : "publish"]++;
      onDenied(publisher, topic);
      return;
    }
    accept({
      topic,
      payload: typeof payload === "string" ? Buffer.from(payload) : payload,
      qos: packet.qos ?? 0,
      retain: packet.retain ?? false,
      seenAt: now(),
      clientId: publisher.clientId,
      user: publisher.user,
      epoch: publisher.epoch,
      will: isWill,
      origin: undefined,
    });
  }

  return {
    publish(publisher, packet, done) {
      countMessage(counters.received, packet.qos ?? 0);
      counters.receivedBytes += packet.payload.length;
      if (packet.qos === 2 && packet.messageId !== undefined) {
        const { inboundIds } = publisher;
        if (inboundIds.has(packet.messageId)) {
          counters.duplicates++;
          return done(); // [MQTT-4.3.3-2]: acknowledged again, not routed again
        }
        if (inboundIds.size >= limits.inboundQos2) {
          return done(endingError("inbound-qos2", "Too many QoS 2 messages wait for their PUBREL."));
        }
        inboundIds.add(packet.messageId);
      }
      // A refused message is acknowledged all the same: closing would only make the client repeat it [MQTT-3.3.5-2].
      fromClient(publisher, packet, false);
      done();
    },
    will(publisher, packet) {
      counters.wills++;
      fromClient(publisher, packet, true);
    },
    send({ topic, payload, qos, retain, origin }) {
      if (!isHubTopic(topic)) throw new Error(`The topic ${JSON.stringify(topic)} cannot be published to.`);
      if (origin !== undefined && origin.hops > limits.hops) {
        counters.dropped.hops++;
        return;
      }
      counters.published++;
      const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
      accept({
        topic,
        payload: bytes,
        qos,
        retain,
        seenAt: now(),
        clientId: undefined,
        user: undefined,
        epoch: 0,
        will: false,
        origin,
      });
    },
  };
}
