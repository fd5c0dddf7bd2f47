import type { Connection } from "./connection.ts";
import { operation } from "./operation.ts";

/** Settings that are changed while the hub runs; values are plain JSON. */
export interface SettingsStore {
  readonly get: (key: string) => unknown;
  readonly all: () => Readonly<Record<string, unknown>>;
  readonly put: (key: string, value: unknown) => Promise<void>;
  readonly remove: (key: string) => Promise<void>;
}

interface Row {
  readonly key: string;
  readonly value: string;
}

/** Settings in hub.db. */
export function createSettingsStore({ reader, commit }: Connection): SettingsStore {
  return {
    get: (key) => {
      const row = reader.get<Row>("SELECT key, value FROM settings WHERE key = ?", key);
      return row === undefined ? undefined : JSON.parse(row.value);
    },
    all: () => {
      const rows = reader.all<Row>("SELECT key, value FROM settings ORDER BY key");
      return Object.fromEntries(rows.map(({ key, value }) => [key, JSON.parse(value) as unknown]));
    },
    put: async (key, value) => {
      await commit([operation("INSERT OR REPLACE INTO settings VALUES (?, ?)", key, JSON.stringify(value))]);
    },
    remove: async (key) => {
      await commit([operation("DELETE FROM settings WHERE key = ?", key)]);
    },
  };
}
