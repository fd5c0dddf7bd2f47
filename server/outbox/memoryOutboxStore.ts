import type { OutboxRow, OutboxStore } from "./outboxStore.ts";

/** What a new row must tell; the rest starts neutral. */
export type NewRow = Pick<OutboxRow, "id" | "target" | "createdAt"> & Partial<OutboxRow>;

/** A store that forgets, for tests; `add` stands for the commit of a run. */
export interface MemoryOutboxStore extends OutboxStore {
  add: (row: NewRow) => number;
  row: (seq: number) => OutboxRow | undefined;
  dead: (seq: number) => (OutboxRow & { readonly reason: string }) | undefined;
}

/** An outbox store in memory; it takes the same conformance suite as the durable one. */
export function createMemoryOutboxStore(now: () => number): MemoryOutboxStore {
  const rows = new Map<number, OutboxRow>();
  const dead = new Map<number, OutboxRow & { readonly reason: string }>();
  let lastSeq = 0;

  const change = async (seq: number, changes: Partial<OutboxRow>) => {
    const row = rows.get(seq);
    if (row !== undefined) rows.set(seq, { ...row, ...changes });
  };

  return {
    add(row) {
      lastSeq += 1;
      rows.set(lastSeq, { ...neutral, nextAt: row.createdAt, ...row, seq: lastSeq });
      return lastSeq;
    },
    row: (seq) => rows.get(seq),
    dead: (seq) => dead.get(seq),
    due: (nowMs, max) =>
      [...rows.values()].filter((row) => row.nextAt <= nowMs && isFree(row, nowMs)).slice(0, max),
    async lease(seq, attempt, untilMs) {
      const row = rows.get(seq);
      if (row === undefined || row.attempt !== attempt || !isFree(row, now())) return false;
      await change(seq, { leaseUntil: untilMs });
      return true;
    },
    async delivered(seq) {
      rows.delete(seq);
    },
    retry: async (seq, nextAt, error) =>
      change(seq, { nextAt, error, leaseUntil: null, attempt: (rows.get(seq)?.attempt ?? 0) + 1 }),
    async bury(seq, reason, error) {
      const row = rows.get(seq);
      rows.delete(seq);
      if (row !== undefined) dead.set(seq, { ...row, reason, error });
    },
    async releaseLeases() {
      await Promise.all([...rows.keys()].map((seq) => change(seq, { leaseUntil: null })));
    },
    async revive(seq) {
      const row = dead.get(seq);
      if (row === undefined) return false;
      dead.delete(seq);
      rows.set(seq, { ...row, attempt: 0, nextAt: now(), leaseUntil: null, error: null });
      return true;
    },
    discard: async (seq) => dead.delete(seq),
    counts: () => ({ pending: rows.size, dead: dead.size }),
  };
}

const neutral: Omit<OutboxRow, "seq" | "id" | "target" | "createdAt" | "nextAt"> = {
  kind: "http",
  orderKey: null,
  body: null,
  flow: "flow",
  node: "node",
  run: "run",
  attempt: 0,
  leaseUntil: null,
  error: null,
};

function isFree(row: OutboxRow, nowMs: number): boolean {
  return row.leaseUntil === null || row.leaseUntil <= nowMs;
}
