import { operationOf } from "./brokerOperations.ts";
import type {
  BrokerChange,
  StoredEvent,
  StoredOrigin,
  StoredQueued,
  StoredRetained,
  StoredSession,
  StoredState,
  StoredWill,
} from "./brokerState.ts";
import type { Connection } from "./connection.ts";
import { operation } from "./operation.ts";

/** A message that flows have not consumed, at its next attempt. */
export interface WaitingEvent extends StoredEvent {
  /** Starts of the hub that tried it, this one included. */
  readonly attempts: number;
  /** Flows that are done with it. */
  readonly done: readonly string[];
}

/** What the broker must not lose: retained messages, sessions, queues, wills, and messages on their way into flows. */
export interface BrokerStore {
  /** Reads everything, once, before the first change. */
  readonly load: () => StoredState;
  /** Resolves when the changes are on disk, in the order of the calls; never refused because too much waits. */
  readonly commit: (changes: readonly BrokerChange[]) => Promise<void>;
  /** The messages that flows were not done with, in order of arrival; each reading counts as an attempt. */
  readonly waitingEvents: () => Promise<readonly WaitingEvent[]>;
  /** Gives an event up. */
  readonly discardEvent: (id: string) => Promise<void>;
}

type Row<T> = {
  readonly [K in keyof T]: T[K] extends boolean
    ? number
    : undefined extends T[K]
      ? null | Exclude<T[K], undefined>
      : T[K];
};
type SessionRow = Row<Omit<StoredSession, "subscriptions" | "inboundIds" | "queue">>;
type EventRow = Omit<Row<StoredEvent>, "origin"> & {
  readonly origin: string | null;
  readonly attempts: number;
  readonly done: string | null;
};

/** The state of the broker in hub.db. */
export function createBrokerStore({ reader, commit, commitPatiently }: Connection): BrokerStore {
  function sessions(): readonly StoredSession[] {
    const subscriptions = byClient(
      reader.all<{ clientId: string; filter: string; qos: 0 | 1 | 2 }>(
        "SELECT clientId, filter, qos FROM mqttSubscriptions",
      ),
    );
    const inbound = byClient(
      reader.all<{ clientId: string; packetId: number }>("SELECT clientId, packetId FROM mqttInbound"),
    );
    const queued = byClient(
      reader.all<Row<StoredQueued>>(
        "SELECT seq, clientId, packetId, topic, payload, qos, replayed, isReceived FROM mqttQueue ORDER BY seq",
      ),
    );
    return reader
      .all<SessionRow>("SELECT clientId, user, offlineSince, sentCount FROM mqttSessions")
      .map(({ clientId, user, offlineSince, sentCount }) => ({
        clientId,
        user: user ?? undefined,
        offlineSince: offlineSince ?? undefined,
        sentCount: sentCount ?? undefined,
        subscriptions: (subscriptions.get(clientId) ?? []).map(({ filter, qos }) => ({ filter, qos })),
        inboundIds: (inbound.get(clientId) ?? []).map(({ packetId }) => packetId),
        queue: (queued.get(clientId) ?? []).map(toQueued),
      }));
  }

  return {
    load: () => ({
      retained: reader
        .all<Row<StoredRetained>>("SELECT topic, payload, qos, user, seenAt FROM mqttRetained")
        .map(toRetained),
      sessions: sessions(),
      wills: reader
        .all<Row<StoredWill>>(
          "SELECT clientId, user, epoch, topic, payload, qos, retain FROM mqttWills ORDER BY epoch",
        )
        .map(({ user, retain, ...will }) => ({ ...will, user: user ?? undefined, retain: retain === 1 })),
      lastSeq:
        reader.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'mqttQueue'")?.seq ?? 0,
    }),
    commit: async (changes) => {
      await commitPatiently(changes.flatMap(operationOf));
    },
    waitingEvents: async () => {
      await commit([operation("UPDATE journal SET attempts = attempts + 1")]);
      return reader
        .all<EventRow>(
          `SELECT id, topic, payload, qos, retain, clientId, user, epoch, will, seenAt, origin, attempts, done
           FROM journal ORDER BY seq`,
        )
        .map(toEvent);
    },
    discardEvent: async (id) => {
      await commit([operation("DELETE FROM journal WHERE id = ?", id)]);
    },
  };
}

function byClient<R extends { readonly clientId: string }>(
  rows: readonly R[],
): ReadonlyMap<string, readonly R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const group = groups.get(row.clientId);
    if (group === undefined) groups.set(row.clientId, [row]);
    else group.push(row);
  }
  return groups;
}

/** Field by field, here and below: of a hundred thousand rows a spread takes a tenth of a second more. */
function toQueued(row: Row<StoredQueued>): StoredQueued {
  const { seq, clientId, packetId, topic, payload, qos } = row;
  return {
    seq,
    clientId,
    packetId,
    topic,
    payload,
    qos,
    replayed: row.replayed === 1,
    isReceived: row.isReceived === 1,
  };
}

function toRetained({ topic, payload, qos, user, seenAt }: Row<StoredRetained>): StoredRetained {
  return { topic, payload, qos, user: user ?? undefined, seenAt };
}

function toEvent({ clientId, user, retain, will, origin, done, ...event }: EventRow): WaitingEvent {
  return {
    ...event,
    clientId: clientId ?? undefined,
    user: user ?? undefined,
    retain: retain === 1,
    will: will === 1,
    origin: origin === null ? undefined : (JSON.parse(origin) as StoredOrigin),
    done: done === null ? [] : (JSON.parse(done) as string[]),
  };
}
