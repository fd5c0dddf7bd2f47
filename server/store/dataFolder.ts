import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { StoreError } from "./storeError.ts";

/** The lock of a data folder; a killed process loses it at once. */
export interface FolderLock {
  readonly release: () => void;
}

const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

/** Makes the folder if it is missing, and refuses one that other accounts can look into. */
export function prepareFolder(folder: string): void {
  if (mkdirSync(folder, { recursive: true, mode: OWNER_ONLY_FOLDER }) !== undefined)
    chmodSync(folder, OWNER_ONLY_FOLDER);
  refuseOthers(folder, "700");
}

/** Refuses a file or folder that any account but its owner may use. */
export function refuseOthers(path: string, wantedMode: string): void {
  // Windows has no such modes; Node reports them as open to all.
  if (process.platform === "win32") return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) !== 0)
    throw new StoreError(
      "store.permissions",
      `${path} has mode ${mode.toString(8)}, so other accounts can use it; run: chmod ${wantedMode} ${path}`,
    );
}

/** Takes the folder for this process. Only SQLite's own file lock is used: it holds on every system, and nothing stays behind. */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, "lock.db");
  const database = new Database(path, { timeout: 0 });
  try {
    database.pragma("locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE; COMMIT");
  } catch (error) {
    database.close();
    throw new StoreError("store.locked", `Another hub is running on ${folder}; stop it first.`, {
      cause: error,
    });
  }
  return { release: () => database.close() };
}
