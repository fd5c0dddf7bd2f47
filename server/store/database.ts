import { closeSync, openSync } from "node:fs";
import Database from "better-sqlite3";

export type StoreFile = "hub" | "history";

const BUSY_TIMEOUT_MS = 5_000;
const CHECKPOINT_PAGES = 1_000;
const JOURNAL_BYTES_MAX = 64 * 1024 * 1024;
const OWNER_ONLY = 0o600;

/** Opens a database for writing. The order of the pragmas matters, see the comments. */
export function openForWriting(path: string, file: StoreFile): Database.Database {
  // SQLite gives the journal files the mode of the database.
  closeSync(openSync(path, "a", OWNER_ONLY));
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  // Has no effect once the journal mode has been set.
  if (file === "history") database.pragma("auto_vacuum = INCREMENTAL");
  database.pragma("journal_mode = WAL");
  // better-sqlite3 means NORMAL in WAL whatever the pragma reads back, so FULL must be said after the switch.
  database.pragma(`synchronous = ${file === "hub" ? "FULL" : "NORMAL"}`);
  database.pragma("foreign_keys = ON");
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.pragma(`journal_size_limit = ${JOURNAL_BYTES_MAX}`);
  harden(database);
  return database;
}

/** Opens a database that exists for reading only: not even its journal is folded in. */
export function openForReading(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  harden(database);
  return database;
}

function harden(database: Database.Database): void {
  database.pragma("mmap_size = 0");
  database.pragma("temp_store = MEMORY");
  database.pragma("trusted_schema = OFF");
  database.pragma("cell_size_check = ON");
}
