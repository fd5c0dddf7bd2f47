import type { PlannedEffect, Run } from "#flows/engine/run.ts";
import { payloadText } from "#flows/payloadText.ts";
import type { OutboxEntry, PublishOrigin, RuntimePublish } from "./parts.ts";

/** The effects of a run, by the way they leave. */
export interface SortedEffects {
  /** QoS 0 without retain: leave from memory, once the run is committed. */
  readonly volatile: readonly RuntimePublish[];
  readonly durable: readonly OutboxEntry[];
}

/** Of a run that asks for nothing. */
export const noEffects: SortedEffects = { volatile: [], durable: [] };

/** Sorts the effects of a run; ids, order and origin follow from the run. */
export function sortEffects(flow: string, run: Run): SortedEffects {
  if (run.effects.length === 0) return noEffects;
  const volatile: RuntimePublish[] = [];
  const durable: OutboxEntry[] = [];
  for (const planned of run.effects) {
    const { effect } = planned;
    if (effect.do === "publish" && effect.qos === 0 && !effect.retain)
      volatile.push({
        topic: effect.topic,
        payload: payloadBytes(effect.payload),
        qos: 0,
        retain: false,
        origin: originOf(flow, run, planned),
      });
    else durable.push(outboxEntry(flow, run, planned));
  }
  return { volatile, durable };
}

/** What a publish that waited in the outbox is made of. */
export interface StoredPublish {
  readonly topic: string;
  readonly payload: unknown;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly expiresAt?: number;
  readonly origin: PublishOrigin;
}

/** A value as the bytes of an MQTT payload: a text as it is, binary as it came, everything else as JSON. */
export function payloadBytes(value: unknown): Uint8Array | string {
  const isBinary = typeof value === "object" && value !== null && "binary" in value && "base64" in value;
  if (isBinary && typeof value.base64 === "string") return Buffer.from(value.base64, "base64");
  return payloadText(value);
}

function outboxEntry(flow: string, run: Run, planned: PlannedEffect): OutboxEntry {
  const { effect, id, node } = planned;
  const origin = originOf(flow, run, planned);
  const entry = { id, flow, node, run: run.id, createdAt: run.nowMs };
  switch (effect.do) {
    case "publish": {
      const { do: _kind, ...body } = effect;
      return {
        ...entry,
        kind: "publish",
        target: "broker",
        orderKey: `${flow}/${effect.topic}`,
        body: { ...body, origin },
      };
    }
    case "notify": {
      const { do: _kind, channel, ...body } = effect;
      return { ...entry, kind: "notify", target: channel, orderKey: `${flow}/${node}`, body };
    }
    case "http": {
      const { do: _kind, ...body } = effect;
      return { ...entry, kind: "http", target: hostOf(effect.url), orderKey: null, body };
    }
  }
}

function originOf(flow: string, run: Run, { node, cause, hops }: PlannedEffect): PublishOrigin {
  return { flow, node, run: run.id, cause, hops };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
