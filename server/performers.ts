import type { Broker } from "./broker/broker.ts";
import type { Channels } from "./channels/channels.ts";
import type { Connect } from "./outbox/connect.ts";
import { createHttpPerformer } from "./outbox/httpPerformer.ts";
import type { Performer } from "./outbox/outbox.ts";
import { type StoredPublish, payloadBytes } from "./runtime/effects.ts";

/** Who carries out which kind of effect. */
export function createPerformers({
  broker,
  channels,
  connect,
  now,
}: {
  readonly broker: Pick<Broker, "publish">;
  readonly channels: Pick<Channels, "deliver">;
  readonly connect: Connect;
  readonly now: () => number;
}): Record<"publish" | "notify" | "http", Performer> {
  return {
    async publish({ body }) {
      const { topic, payload, qos, retain, origin, expiresAt } = body as StoredPublish;
      if (expiresAt !== undefined && expiresAt < now())
        return {
          outcome: "refused",
          reason: "expired",
          error: `The message to ${topic} was too old to be published.`,
        };
      let onDisk: Promise<void>;
      try {
        onDisk = broker.publish({ topic, payload: payloadBytes(payload), qos, retain, origin });
      } catch (error) {
        return {
          outcome: "refused",
          reason: "refused",
          error: error instanceof Error ? error.message : String(error),
        };
      }
      // Only then may the row go, so that the message is always in the outbox or in the broker. What the broker takes
      // but cannot keep is tried again: that is what a throw from here on means.
      await onDisk;
      return { outcome: "delivered" };
    },
    notify(row, signal) {
      const { title, text, severity } = row.body as { title: string; text: string; severity: "info" };
      const { id, flow, node, run, createdAt } = row;
      return channels.deliver(
        row.target,
        { id, title, text, severity, flow, node, run, at: createdAt },
        signal,
      );
    },
    http: createHttpPerformer(connect),
  };
}
