import { matchesFilter } from "#flows/topics/topicFilter.ts";
import type { Acl } from "./acl.ts";
import type { Qos } from "./arrival.ts";
import type { Bus, BusSubscription } from "./bus.ts";
import type { Counters } from "./counters.ts";
import { createDelivery, type Delivery } from "./delivery.ts";
import type { BrokerLimits } from "./limits.ts";
import type { RetainedMessage } from "./retained.ts";

/** What the broker keeps for a client id; with clean session 0 it outlives the connection. */
export interface Session {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly isPersistent: boolean;
  readonly delivery: Delivery;
  /** QoS 2 packet ids that were routed and wait for PUBREL [MQTT-4.3.3-2]. */
  readonly inboundIds: Set<number>;
  /** The rules of its newest connection. */
  acl: Acl;
  subscribe(filter: string, qos: Qos): boolean;
  unsubscribe(filter: string): void;
  filters(): readonly { readonly filter: string; readonly qos: Qos }[];
}

/** What a session is made from. */
export interface SessionRequest {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly acl: Acl;
  readonly isPersistent: boolean;
}

/** All sessions, online and offline. */
export interface Sessions {
  get(clientId: string): Session | undefined;
  all(): Iterable<Session>;
  readonly count: number;
  /** The session a new connection continues, or a fresh one; a clean start forgets the old one [MQTT-3.1.2-6]. */
  open(request: SessionRequest): Session;
  /** The connection ended: a clean session ends with it. */
  leave(session: Session): void;
  remove(session: Session): void;
}

/** Parts the sessions work with. */
export interface SessionsOptions {
  readonly bus: Bus;
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly retained: (topic: string) => RetainedMessage | undefined;
}

/** Creates the table of sessions. */
export function createSessions(options: SessionsOptions): Sessions {
  const sessions = new Map<string, Session>();
  const offline = new Set<Session>();

  function remove(session: Session): void {
    for (const { filter } of session.filters()) session.unsubscribe(filter);
    options.counters.dropped["session-removed"] += session.delivery.discard();
    offline.delete(session);
    if (sessions.get(session.clientId) === session) sessions.delete(session.clientId);
  }

  return {
    get: (clientId) => sessions.get(clientId),
    all: () => sessions.values(),
    get count() {
      return sessions.size;
    },
    open(request) {
      const before = sessions.get(request.clientId);
      if (before !== undefined && before.isPersistent && request.isPersistent) {
        before.acl = request.acl;
        before.delivery.detach();
        offline.delete(before);
        return before;
      }
      if (before !== undefined) remove(before);
      const session = createSession(request, options);
      sessions.set(request.clientId, session);
      return session;
    },
    leave(session) {
      session.delivery.detach();
      if (!session.isPersistent) return remove(session);
      offline.add(session);
      const [oldest] = offline;
      if (offline.size <= options.limits.offlineSessions || oldest === undefined) return;
      options.counters.sessionsExpired++;
      remove(oldest);
    },
    remove,
  };
}

function createSession(request: SessionRequest, options: SessionsOptions): Session {
  const { bus, limits } = options;
  const subscriptions = new Map<string, BusSubscription>();
  const delivery = createDelivery({
    sendWindow: limits.sendWindow,
    queueMessages: limits.queueMessages,
    queueBytes: limits.queueBytes,
    isPersistent: request.isPersistent,
    mayReceive: (topic) => session.acl.mayReceive(topic),
    grantedQos,
    retained: options.retained,
    counters: options.counters,
  });

  function grantedQos(topic: string): Qos | undefined {
    let granted: Qos | undefined;
    for (const { filter, qos } of subscriptions.values()) {
      if ((granted === undefined || qos > granted) && matchesFilter(filter, topic)) granted = qos;
    }
    return granted;
  }

  const session: Session = {
    ...request,
    delivery,
    inboundIds: new Set(),
    subscribe(filter, qos) {
      const before = subscriptions.get(filter);
      if (before === undefined && subscriptions.size >= limits.subscriptionsPerClient) return false;
      const subscription = { filter, qos, receiver: delivery };
      // The new one first: the same filter again replaces it without a gap [MQTT-3.8.4-3].
      bus.add(subscription);
      if (before !== undefined) bus.remove(before);
      subscriptions.set(filter, subscription);
      return true;
    },
    unsubscribe(filter) {
      const subscription = subscriptions.get(filter);
      if (subscription === undefined) return;
      bus.remove(subscription);
      subscriptions.delete(filter);
    },
    filters: () => [...subscriptions.values()].map(({ filter, qos }) => ({ filter, qos })),
  };
  return session;
}
