import type { OutboxRow } from "./outboxStore.ts";

/** Knows which row of an order key is first, so that no later one overtakes it while it waits for a retry. */
export interface OrderKeys {
  mayStart: (row: OutboxRow) => boolean;
  /** This row is now the one that its key waits for. */
  hold: (row: OutboxRow) => void;
  /** The row was delivered or given up: the next one of its key may start. */
  release: (row: OutboxRow) => void;
}

/** Holds the lowest row of each key that was ever seen waiting; keys without one are not kept. */
export function createOrderKeys(): OrderKeys {
  const first = new Map<string, number>();
  return {
    mayStart(row) {
      if (row.orderKey === null) return true;
      const held = first.get(keyOf(row));
      return held === undefined || held === row.seq;
    },
    hold(row) {
      if (row.orderKey !== null && !first.has(keyOf(row))) first.set(keyOf(row), row.seq);
    },
    release(row) {
      if (row.orderKey !== null && first.get(keyOf(row)) === row.seq) first.delete(keyOf(row));
    },
  };
}

/** Targets do not wait for each other, whatever their keys. */
function keyOf({ target, orderKey }: OutboxRow): string {
  return `${target}\n${orderKey ?? ""}`;
}
