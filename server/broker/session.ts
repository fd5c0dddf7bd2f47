import { matchesFilter } from "#flows/topics/topicFilter.ts";
import type { Acl } from "./acl.ts";
import type { Qos } from "./arrival.ts";
import type { Bus } from "./bus.ts";
import type { Counters } from "./counters.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { Ledger } from "./ledger.ts";
import { isShared, sharedFilter } from "./sharedFilter.ts";
import type { BrokerLimits } from "./limits.ts";
import type { Shares } from "./shares.ts";
import type { KeptSession } from "./storage.ts";

/** What the broker keeps for a client id; with clean session 0 it outlives the connection, and the hub. */
export interface Session {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly isPersistent: boolean;
  readonly delivery: Delivery;
  /** QoS 2 packet ids that were routed and wait for PUBREL [MQTT-4.3.3-2]. */
  readonly inboundIds: InboundIds;
  /** When its connection ended, ms since 1970; `undefined` while it is connected. */
  offlineSince: number | undefined;
  /** The rules of its newest connection. */
  acl: Acl;
  subscribe(filter: string, qos: Qos): boolean;
  unsubscribe(filter: string): void;
  filters(): readonly { readonly filter: string; readonly qos: Qos }[];
  /** Its client is away: others of its groups get what it has not acknowledged. */
  passOn(): void;
  /** Takes up what was kept, as far as today's rules allow it. */
  restore(kept: KeptSession): void;
  /** Ends all subscriptions; returns how many messages are given up. */
  discard(): number;
}

/** The QoS 2 packet ids of one publisher. */
export interface InboundIds {
  readonly size: number;
  has(packetId: number): boolean;
  add(packetId: number): void;
  delete(packetId: number): void;
  /** Takes up kept ids. */
  restore(packetIds: readonly number[]): void;
}

/** What a session is made from. */
export interface SessionRequest {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly acl: Acl;
  readonly isPersistent: boolean;
}

/** Parts a session works with. */
export interface SessionParts {
  readonly bus: Bus;
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly nextSeq: () => number;
  readonly onBytes: (change: number) => void;
  readonly onOverflow: () => void;
}

interface Subscription {
  readonly filter: string;
  readonly qos: Qos;
  readonly receiver: Delivery;
}

/** Creates the session of one client, without subscriptions. */
export function createSession(request: SessionRequest, parts: SessionParts): Session {
  const { bus, limits, counters, ledger, nextSeq, onBytes, onOverflow } = parts;
  const { clientId, user, acl, isPersistent } = request;
  const subscriptions = new Map<string, Subscription>();
  const delivery = createDelivery({
    counters,
    ledger,
    nextSeq,
    onBytes,
    onOverflow,
    clientId,
    isPersistent,
    sendWindow: limits.sendWindow,
    queueMessages: limits.queueMessages,
    queueBytes: limits.queueBytes,
    queuePolicy: limits.queuePolicy,
    mayReceive: (topic) => session.acl.mayReceive(topic),
    grantedQos,
    shareOf,
  });

  function grantedQos(topic: string): Qos | undefined {
    let granted: Qos | undefined;
    for (const { filter, qos } of subscriptions.values()) {
      if ((granted === undefined || qos > granted) && matchesFilter(filter, topic)) granted = qos;
    }
    return granted;
  }

  /** Rows on disk do not tell how a message came, so one that a plain filter matches too stays with its session. */
  function shareOf(topic: string): string | undefined {
    const shares = [...subscriptions.keys()].filter((text) => {
      const { filter } = sharedFilter(text) ?? {};
      return filter !== undefined && matchesFilter(filter, topic);
    });
    return shares.length === 1 && grantedQos(topic) === undefined ? shares[0] : undefined;
  }

  /** The bus itself, or its groups. */
  function busOf(filter: string): Bus | Shares {
    return isShared(filter) ? bus.shares : bus;
  }

  function add(filter: string, qos: Qos): void {
    const before = subscriptions.get(filter);
    const subscription = { filter, qos, receiver: delivery };
    // The new one first: the same filter again replaces it without a gap [MQTT-3.8.4-3].
    busOf(filter).add(subscription);
    if (before !== undefined) busOf(filter).remove(before);
    subscriptions.set(filter, subscription);
  }

  const session: Session = {
    clientId,
    user,
    acl,
    isPersistent,
    delivery,
    inboundIds: new KeptIds(request, ledger),
    offlineSince: undefined,
    subscribe(filter, qos) {
      const before = subscriptions.get(filter);
      if (before === undefined && subscriptions.size >= limits.subscriptionsPerClient) return false;
      add(filter, qos);
      if (isPersistent && before?.qos !== qos) ledger.note({ do: "subscribe", clientId, filter, qos });
      return true;
    },
    unsubscribe(filter) {
      const subscription = subscriptions.get(filter);
      if (subscription === undefined) return;
      busOf(filter).remove(subscription);
      subscriptions.delete(filter);
      if (isPersistent) ledger.note({ do: "unsubscribe", clientId, filter });
    },
    passOn: () => bus.shares.leave(delivery),
    filters: () => [...subscriptions.values()].map(({ filter, qos }) => ({ filter, qos })),
    restore(kept) {
      session.offlineSince = kept.offlineSince;
      for (const { filter, qos } of kept.subscriptions) {
        if (session.acl.maySubscribe(filter)) add(filter, qos);
        else ledger.note({ do: "unsubscribe", clientId, filter });
      }
      session.inboundIds.restore(kept.inboundIds);
      delivery.restore(kept.queue, kept.sentCount ?? limits.sendWindow);
    },
    discard() {
      delivery.detach();
      for (const subscription of subscriptions.values()) busOf(subscription.filter).remove(subscription);
      subscriptions.clear();
      session.passOn();
      return delivery.discard();
    },
  };
  return session;
}

/**
 * Of a session that outlives its connection the ids are kept too: a restarted hub must not route a message twice. A
 * class, because every connection has one, and few ever publish with QoS 2.
 */
class KeptIds implements InboundIds {
  readonly #owner: SessionRequest;
  readonly #ledger: Ledger;
  #ids: Set<number> | undefined;

  constructor(owner: SessionRequest, ledger: Ledger) {
    this.#owner = owner;
    this.#ledger = ledger;
  }

  get size() {
    return this.#ids?.size ?? 0;
  }

  has(packetId: number): boolean {
    return this.#ids?.has(packetId) === true;
  }

  add(packetId: number): void {
    (this.#ids ??= new Set()).add(packetId);
    const { clientId, isPersistent } = this.#owner;
    if (isPersistent) this.#ledger.note({ do: "inbound", clientId, packetId });
  }

  delete(packetId: number): void {
    const { clientId, isPersistent } = this.#owner;
    if (this.#ids?.delete(packetId) === true && isPersistent)
      this.#ledger.note({ do: "release", clientId, packetId });
  }

  restore(kept: readonly number[]): void {
    if (kept.length > 0) this.#ids = new Set(kept);
  }
}
