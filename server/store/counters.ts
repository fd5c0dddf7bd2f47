import type { Connection } from "./connection.ts";

/** Totals that a crash must not break: each is changed in the transaction that moves what it counts. */
export interface CounterStore {
  readonly all: () => Readonly<Record<string, number>>;
}

/** Counters in hub.db. */
export function createCounterStore({ reader }: Connection): CounterStore {
  return {
    all: () => {
      const rows = reader.all<{
        readonly name: string;
        readonly value: number;
      }>("SELECT name, value FROM counters ORDER BY name");
      return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
    },
  };
}
