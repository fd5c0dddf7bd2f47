import type { Packet } from "mqtt-packet";

/** Keeps the filters of SUBSCRIBE packets to ourselves. */
export interface FilterCover {
  /** Puts numbers in the place of the filters, before aedes sees the packet; tells how many were beyond the limit. */
  cover(packet: Packet): number;
  /** The filter behind a number; `undefined` for a subscription that came with no packet, or beyond the limit. */
  of(subscription: object): string | undefined;
}

/**
 * Why: aedes answers only one of several equal filters of a SUBSCRIBE, where each has its own return code
 * [MQTT-3.9.3-1]. It needs no filter at all, since the bus has them; with numbers none is equal to another.
 */
export function createFilterCover(filtersMax: number): FilterCover {
  const filters = new WeakMap<object, string>();
  return {
    cover(packet) {
      if (packet.cmd !== "subscribe") return 0;
      for (const [index, subscription] of packet.subscriptions.entries()) {
        if (index < filtersMax) filters.set(subscription, subscription.topic);
        subscription.topic = String(index);
      }
      return Math.max(0, packet.subscriptions.length - filtersMax);
    },
    of: (subscription) => filters.get(subscription),
  };
}
