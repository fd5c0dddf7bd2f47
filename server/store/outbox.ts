import { PARTITION, type Connection } from "./connection.ts";
import { guard, operation, type Operation } from "./operation.ts";
import type {
  NewOutboxItem,
  OutboxItem,
  OutboxState,
  OutboxEntry,
  OutboxCounts,
  OutboxStore,
} from "./outboxItem.ts";
import { boundsOf, pageOf } from "./page.ts";

/** Dead letters beyond this number or age go, oldest first, counted as `fx.dropped`. */
export const deadLetterLimits = { rows: 10_000, ageMs: 30 * 86_400_000 } as const;

type Encoded<Item> = Omit<Item, "body"> & { readonly body: string };

const EFFECT = "id, kind, target, orderKey, body, flow, node, run, createdAt";
const ITEM = `seq, ${EFFECT}, attempt, nextAt, leaseUntil, error`;

const DUE = `SELECT ${ITEM} FROM outbox WHERE nextAt <= ? AND (leaseUntil IS NULL OR leaseUntil <= ?)
  ORDER BY seq LIMIT ?`;

/** The outbox in hub.db. */
export function createOutboxStore({ reader, commit, now }: Connection): OutboxStore {
  return {
    add: async (items) => {
      await commit(items.flatMap(addToOutbox));
    },
    due: (at, max) => reader.all<Encoded<OutboxItem>>(DUE, at, at, max).map(toItem),
    lease: (seq, attempt, until) =>
      commit([
        guard(
          `UPDATE outbox SET leaseUntil = ? WHERE seq = ? AND attempt = ?
             AND (leaseUntil IS NULL OR leaseUntil <= ?)`,
          until,
          seq,
          attempt,
          now(),
        ),
      ]),
    delivered: async (seq) => {
      await commit([guard("DELETE FROM outbox WHERE seq = ?", seq), count("fx.sent", 1)]);
    },
    retry: async (seq, nextAt, error) => {
      await commit([
        operation(
          "UPDATE outbox SET attempt = attempt + 1, nextAt = ?, error = ?, leaseUntil = NULL WHERE seq = ?",
          nextAt,
          error,
          seq,
        ),
      ]);
    },
    bury: async (seq, reason, error) => {
      await commit([...bury({ seq, reason, error, now: now() }), ...dropOldDead(now())]);
    },
    revive: (seq) => commit(revive(seq, now())),
    discard: async (seq) => {
      if (await commit([guard("DELETE FROM dead WHERE seq = ?", seq), count("fx.dead", -1), DISCARDED]))
        return true;
      const isFree = "leaseUntil IS NULL OR leaseUntil <= ?";
      return commit([guard(`DELETE FROM outbox WHERE seq = ? AND (${isFree})`, seq, now()), DISCARDED]);
    },
    releaseLeases: async () => {
      await commit([operation("UPDATE outbox SET leaseUntil = NULL WHERE leaseUntil IS NOT NULL")]);
    },
    list: (request) => {
      const { before, limit } = boundsOf(request);
      const rows = reader.all<Encoded<OutboxEntry>>(listQuery(request.state), now(), before, limit + 1);
      return pageOf(rows, limit, toEntry);
    },
    counts: () => reader.get<OutboxCounts>(COUNTS, now()) ?? NOTHING,
  };
}

/** The operations that add an item, for the transaction of the run that made it. */
export function addToOutbox(item: NewOutboxItem): readonly Operation[] {
  return [
    operation(
      `INSERT INTO outbox (partition, ${EFFECT}, attempt, nextAt)
       SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?
       WHERE NOT EXISTS (SELECT 1 FROM dead WHERE id = ?) ON CONFLICT DO NOTHING`,
      PARTITION,
      item.id,
      item.kind,
      item.target,
      item.orderKey,
      JSON.stringify(item.body) ?? "null",
      item.flow,
      item.node,
      item.run,
      item.createdAt,
      item.nextAt ?? item.createdAt,
      item.id,
    ),
    // `changes()` is 0 for an item that was passed over.
    operation("UPDATE counters SET value = value + changes() WHERE name = 'fx.made'"),
  ];
}

interface Burial {
  readonly seq: number;
  readonly reason: string;
  readonly error: string | null;
  readonly now: number;
}

function bury({ seq, reason, error, now }: Burial): readonly Operation[] {
  return [
    guard(
      `INSERT INTO dead (seq, partition, ${EFFECT}, attempt, diedAt, reason, error)
       SELECT seq, partition, ${EFFECT}, attempt, ?, ?, coalesce(?, error) FROM outbox WHERE seq = ?`,
      now,
      reason,
      error,
      seq,
    ),
    operation("DELETE FROM outbox WHERE seq = ?", seq),
    count("fx.dead", 1),
  ];
}

function dropOldDead(now: number): readonly Operation[] {
  return [
    operation(
      `DELETE FROM dead WHERE diedAt < ? OR seq IN (SELECT seq FROM dead ORDER BY diedAt, seq
         LIMIT max(0, (SELECT value FROM counters WHERE name = 'fx.dead') - ${deadLetterLimits.rows}))`,
      now - deadLetterLimits.ageMs,
    ),
    operation(
      `UPDATE counters SET value = value + iif(name = 'fx.dropped', changes(), -changes())
       WHERE name IN ('fx.dead', 'fx.dropped')`,
    ),
  ];
}

function revive(seq: number, now: number): readonly Operation[] {
  return [
    guard(
      `INSERT INTO outbox (seq, partition, ${EFFECT}, attempt, nextAt, error)
       SELECT seq, partition, ${EFFECT}, 0, ?, error FROM dead WHERE seq = ?`,
      now,
      seq,
    ),
    operation("DELETE FROM dead WHERE seq = ?", seq),
    count("fx.dead", -1),
  ];
}

function count(name: string, by: number): Operation {
  return operation("UPDATE counters SET value = value + ? WHERE name = ?", by, name);
}

const DISCARDED = count("fx.discarded", 1);

function listQuery(state: OutboxState): string {
  if (state === "dead")
    return `SELECT seq, ${EFFECT}, 'dead' AS state, attempt, NULL AS nextAt, diedAt, reason, error
      FROM dead WHERE ? IS NOT NULL AND seq < ? ORDER BY seq DESC LIMIT ?`;
  const isLeased = "coalesce(leaseUntil, 0) > ?";
  return `SELECT seq, ${EFFECT}, '${state}' AS state, attempt, nextAt, NULL AS diedAt, NULL AS reason, error
    FROM outbox WHERE ${state === "leased" ? isLeased : `NOT ${isLeased}`} AND seq < ?
    ORDER BY seq DESC LIMIT ?`;
}

const COUNTS = `SELECT
  (SELECT value FROM counters WHERE name = 'fx.made') AS made,
  (SELECT value FROM counters WHERE name = 'fx.sent') AS sent,
  (SELECT value FROM counters WHERE name = 'fx.dead') AS dead,
  (SELECT value FROM counters WHERE name = 'fx.discarded') AS discarded,
  (SELECT value FROM counters WHERE name = 'fx.dropped') AS dropped,
  (SELECT count(*) FROM outbox) AS pending,
  (SELECT count(*) FROM outbox WHERE leaseUntil > ?) AS leased`;

const NOTHING: OutboxCounts = {
  made: 0,
  sent: 0,
  dead: 0,
  discarded: 0,
  dropped: 0,
  pending: 0,
  leased: 0,
};

function toItem(row: Encoded<OutboxItem>): OutboxItem {
  return { ...row, body: JSON.parse(row.body) as unknown };
}

function toEntry(row: Encoded<OutboxEntry>): OutboxEntry {
  return { ...row, body: JSON.parse(row.body) as unknown };
}
