import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, type Store } from "./store.ts";

/** A data folder of its own, and what opens a store on it. */
export interface TestFolder {
  readonly folder: string;
  readonly clock: { now: number };
  readonly open: () => Promise<Store>;
  /** Closes and opens again: what a test reads afterwards came from the disk. */
  readonly reopen: (store: Store) => Promise<Store>;
  readonly remove: () => void;
}

/** Makes a folder for one test. */
export function createTestFolder(): TestFolder {
  const folder = mkdtempSync(join(tmpdir(), "millrace-store-"));
  const clock = { now: Date.UTC(2026, 0, 1) };
  const open = (): Promise<Store> => openStore({ folder, now: () => clock.now });
  return {
    folder,
    clock,
    open,
    reopen: async (store) => {
      await store.close();
      return open();
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
