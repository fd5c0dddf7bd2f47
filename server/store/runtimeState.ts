import { PARTITION, type Connection } from "./connection.ts";
import { addNotification, type NewNotification } from "./notifications.ts";
import { addToOutbox } from "./outbox.ts";
import type { NewOutboxItem } from "./outboxItem.ts";
import { operation, type Operation } from "./operation.ts";

export interface NodeState {
  readonly node: string;
  readonly key: string;
  /** JSON text: the runtime encodes and decodes it once. */
  readonly value: string;
}

export interface NodeTimer {
  readonly node: string;
  readonly key: string;
  readonly timer: string;
  readonly dueAt: number;
  readonly armedAt: number;
  /** Id of the first event of the chain that armed it. */
  readonly cause: string;
  readonly hops: number;
  /** Plain JSON. */
  readonly data?: unknown;
}

/** What a flow knew and waited for when it was last committed. */
export interface FlowMemory {
  readonly states: readonly NodeState[];
  readonly timers: readonly NodeTimer[];
}

export interface StateChange {
  readonly flow: string;
  readonly node: string;
  readonly key: string;
  /** JSON text; `null` forgets the state. */
  readonly value: string | null;
}

export interface TimerChange extends Omit<NodeTimer, "dueAt"> {
  readonly flow: string;
  /** `null` cancels the timer. */
  readonly dueAt: number | null;
}

/** Flows that need not see a message of the journal again, while others still have to. */
export interface DoneFlows {
  readonly journalId: string;
  readonly flows: readonly string[];
}

/** All that one run changes, or several: it is written together or not at all. */
export interface RunChanges {
  readonly states: readonly StateChange[];
  readonly timers: readonly TimerChange[];
  readonly outbox: readonly NewOutboxItem[];
  readonly notifications?: readonly NewNotification[] | undefined;
  /** Added to the counters of these names. */
  readonly counts?: Readonly<Record<string, number>> | undefined;
  /** Messages of the journal that no flow has to see any more, by id. */
  readonly consumed?: readonly string[] | undefined;
  /** Added to the flows that are done already. */
  readonly doneFlows?: readonly DoneFlows[] | undefined;
}

/** The durable memory of running flows. */
export interface RuntimeStore {
  readonly load: (flow: string) => FlowMemory;
  readonly commit: (changes: RunChanges) => Promise<void>;
  /** When the hub was last known to be alive. */
  readonly heartbeat: () => number | null;
  readonly setHeartbeat: (at: number) => Promise<void>;
}

type TimerRow = Omit<NodeTimer, "data"> & { readonly data: string | null };

/** State and timers in hub.db. */
export function createRuntimeStore({ reader, commit, commitPatiently }: Connection): RuntimeStore {
  return {
    load: (flow) => {
      const states = reader.all<NodeState>(
        "SELECT node, key, value FROM state WHERE partition = ? AND flow = ?",
        PARTITION,
        flow,
      );
      const timers = reader.all<TimerRow>(
        `SELECT node, key, timer, dueAt, armedAt, cause, hops, data FROM timers
         WHERE partition = ? AND flow = ? ORDER BY dueAt, armedAt`,
        PARTITION,
        flow,
      );
      return { states, timers: timers.map(toTimer) };
    },
    commit: async (changes) => {
      // Whoever sent a message of the journal waits for its acknowledgement, so there are never many of them.
      const isForJournal = Boolean(changes.consumed?.length) || Boolean(changes.doneFlows?.length);
      await (isForJournal ? commitPatiently : commit)([
        ...changes.states.map(changeState),
        ...changes.timers.map(changeTimer),
        ...changes.outbox.flatMap(addToOutbox),
        ...(changes.notifications ?? []).flatMap(addNotification),
        ...Object.entries(changes.counts ?? {}).map(([name, count]) => addToCounter(name, count)),
        ...(changes.doneFlows ?? []).map(noteDone),
        ...consume(changes.consumed ?? []),
      ]);
    },
    heartbeat: () => {
      const row = reader.get<{ readonly at: number }>(
        "SELECT at FROM heartbeat WHERE partition = ?",
        PARTITION,
      );
      return row?.at ?? null;
    },
    setHeartbeat: async (at) => {
      await commit([operation("INSERT OR REPLACE INTO heartbeat VALUES (?, ?)", PARTITION, at)]);
    },
  };
}

function changeState({ flow, node, key, value }: StateChange): Operation {
  if (value === null)
    return operation(
      "DELETE FROM state WHERE partition = ? AND flow = ? AND node = ? AND key = ?",
      PARTITION,
      flow,
      node,
      key,
    );
  return operation(
    `INSERT INTO state VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value`,
    PARTITION,
    flow,
    node,
    key,
    value,
  );
}

function changeTimer(change: TimerChange): Operation {
  const { flow, node, key, timer, dueAt, armedAt, cause, hops, data } = change;
  if (dueAt === null)
    return operation(
      "DELETE FROM timers WHERE partition = ? AND flow = ? AND node = ? AND key = ? AND timer = ?",
      PARTITION,
      flow,
      node,
      key,
      timer,
    );
  return operation(
    "INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    PARTITION,
    flow,
    node,
    key,
    timer,
    dueAt,
    armedAt,
    cause,
    hops,
    JSON.stringify(data) ?? null,
  );
}

function addToCounter(name: string, count: number): Operation {
  return operation(
    "INSERT INTO counters VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value",
    name,
    count,
  );
}

function noteDone({ journalId, flows }: DoneFlows): Operation {
  return operation(
    `UPDATE journal SET done = (
       SELECT json_group_array(value) FROM (
         SELECT value FROM json_each(coalesce(done, '[]')) UNION SELECT value FROM json_each(?)))
     WHERE id = ?`,
    JSON.stringify(flows),
    journalId,
  );
}

function consume(journalIds: readonly string[]): readonly Operation[] {
  if (journalIds.length === 0) return [];
  return [
    operation("DELETE FROM journal WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(journalIds)),
  ];
}

function toTimer({ data, ...timer }: TimerRow): NodeTimer {
  return data === null ? timer : { ...timer, data: JSON.parse(data) as unknown };
}
