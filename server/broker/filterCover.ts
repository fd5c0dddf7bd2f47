import type { Packet } from "mqtt-packet";

/** Keeps the filters of SUBSCRIBE packets to ourselves. */
export interface FilterCover {
  /** Puts numbers in the place of the filters, before aedes sees the packet. */
  cover(packet: Packet): void;
  /** The filter behind a number; `undefined` for a subscription that came with no packet. */
  of(subscription: object): string | undefined;
}

/**
 * Why: aedes answers only one of several equal filters of a SUBSCRIBE, where each has its own return code
 * [MQTT-3.9.3-1]. It needs no filter at all, since the bus has them; with numbers none is equal to another.
 */
export function createFilterCover(): FilterCover {
  const filters = new WeakMap<object, string>();
  return {
    cover(packet) {
      if (packet.cmd !== "subscribe") return;
      for (const [index, subscription] of packet.subscriptions.entries()) {
        filters.set(subscription, subscription.topic);
        subscription.topic = String(index);
      }
    },
    of: (subscription) => filters.get(subscription),
  };
}
