import type { BrokerStorage, Change, KeptQueued, KeptRetained, KeptSession, KeptWill } from "../storage.ts";

interface MemorySession {
  user: string | undefined;
  offlineSince: number | undefined;
  sentCount: number | undefined;
  readonly subscriptions: Map<string, 0 | 1 | 2>;
  readonly inboundIds: Set<number>;
}

/** What survives the broker in a test, and what a test wants to see. */
export interface MemoryStorage extends BrokerStorage {
  readonly journal: (Change & { readonly do: "journal" })[];
  readonly commits: (readonly Change[])[];
  /** Makes each commit wait for this; a rejection fails it. */
  hold: (() => Promise<void>) | undefined;
  /** What a new process would find now. */
  fork(): MemoryStorage;
}

/** A storage in memory, for tests of the broker alone; the store's own passes the same suite. */
export function createMemoryStorage(before: readonly (readonly Change[])[] = []): MemoryStorage {
  const retained = new Map<string, KeptRetained>();
  const sessions = new Map<string, MemorySession>();
  const queue = new Map<number, KeptQueued>();
  const wills = new Map<string, KeptWill>();
  let lastSeq = 0;

  function apply(change: Change): void {
    switch (change.do) {
      case "retain":
        retained.set(change.topic, withoutStep(change));
        return;
      case "unretain":
        retained.delete(change.topic);
        return;
      case "open":
        sessions.set(change.clientId, {
          subscriptions: new Map(),
          inboundIds: new Set(),
          ...sessions.get(change.clientId),
          user: change.user,
          offlineSince: undefined,
          sentCount: undefined,
        });
        return;
      case "leave":
        Object.assign(sessions.get(change.clientId) ?? {}, {
          offlineSince: change.at,
          sentCount: change.sentCount,
        });
        return;
      case "forget":
        sessions.delete(change.clientId);
        for (const [seq, { clientId }] of queue) if (clientId === change.clientId) queue.delete(seq);
        return;
      case "subscribe":
        sessions.get(change.clientId)?.subscriptions.set(change.filter, change.qos);
        return;
      case "unsubscribe":
        sessions.get(change.clientId)?.subscriptions.delete(change.filter);
        return;
      case "queue":
        lastSeq = Math.max(lastSeq, change.seq);
        queue.set(change.seq, { ...change, isReceived: false });
        return;
      case "receive":
        queue.set(change.seq, { ...queue.get(change.seq)!, isReceived: true });
        return;
      case "unqueue":
        queue.delete(change.seq);
        return;
      case "inbound":
        sessions.get(change.clientId)?.inboundIds.add(change.packetId);
        return;
      case "release":
        sessions.get(change.clientId)?.inboundIds.delete(change.packetId);
        return;
      case "will":
        wills.set(change.clientId, change);
        return;
      case "unwill":
        if (wills.get(change.clientId)?.epoch === change.epoch) wills.delete(change.clientId);
        return;
      case "journal":
        storage.journal.push(change);
    }
  }

  const storage: MemoryStorage = {
    journal: [],
    commits: [],
    hold: undefined,
    load: () => ({
      retained: [...retained.values()],
      sessions: Array.from(
        sessions,
        ([clientId, { subscriptions, inboundIds, ...session }]): KeptSession => ({
          ...session,
          clientId,
          subscriptions: Array.from(subscriptions, ([filter, qos]) => ({ filter, qos })),
          inboundIds: [...inboundIds],
          queue: [...queue.values()]
            .filter((message) => message.clientId === clientId)
            .toSorted((one, other) => one.seq - other.seq),
        }),
      ),
      wills: [...wills.values()],
      lastSeq,
    }),
    async commit(changes) {
      await storage.hold?.();
      write(changes);
    },
    fork: () => createMemoryStorage(storage.commits),
  };

  function write(changes: readonly Change[]): void {
    storage.commits.push(changes);
    changes.forEach(apply);
  }

  before.forEach(write);
  return storage;
}

function withoutStep<C extends Change>({ do: _step, ...fields }: C): Omit<C, "do"> {
  return fields;
}
