import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { openForReading } from "./database.ts";
import { StoreError } from "./storeError.ts";

/** The shape of a database: numbered steps, forward only. */
export interface Schema {
  /** Marks the file as ours; SQLite keeps it in the header. */
  readonly applicationId: number;
  /** Step 1 makes an empty file into version 1, and so on. Published steps are never edited. */
  readonly steps: readonly string[];
}

/** Refuses, without writing a byte, a file that is damaged, foreign, or newer than this program. */
export function checkDatabase(path: string, schema: Schema): void {
  if (!existsSync(path) || statSync(path).size === 0) return;
  guarded(path, () => {
    const database = openForReading(path);
    try {
      checkHeader(database, path, schema);
      if (wasLeftOpen(path)) checkPages(database, path);
    } finally {
      database.close();
    }
  });
}

/** Runs the steps that are missing, each in a transaction of its own. */
export function migrate(database: Database.Database, path: string, schema: Schema): void {
  const from = numberOf(database, "user_version");
  for (const [index, step] of schema.steps.entries()) {
    if (index < from) continue;
    try {
      database.exec("BEGIN IMMEDIATE");
      database.exec(step);
      database.pragma(`application_id = ${schema.applicationId}`);
      database.pragma(`user_version = ${index + 1}`);
      database.exec("COMMIT");
    } catch (error) {
      if (database.inTransaction) database.exec("ROLLBACK");
      throw new StoreError(
        "store.migration",
        `Step ${index + 1} of the migration of ${path} failed; the data is as it was before this step.`,
        { cause: error },
      );
    }
  }
}

function checkHeader(database: Database.Database, path: string, schema: Schema): void {
  const applicationId = numberOf(database, "application_id");
  const version = numberOf(database, "user_version");
  const isEmpty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  if (applicationId !== schema.applicationId && !(applicationId === 0 && isEmpty))
    throw new StoreError("store.foreign", `${path} is a database of another program; choose another folder.`);
  if (version > schema.steps.length)
    throw new StoreError(
      "store.newer",
      `${path} has version ${version}; this program knows versions up to ${schema.steps.length}. ` +
        "Install the newer version again, or restore an older backup.",
    );
}

/** A clean close leaves no journal behind. */
function wasLeftOpen(path: string): boolean {
  const journal = `${path}-wal`;
  return existsSync(journal) && statSync(journal).size > 0;
}

function checkPages(database: Database.Database, path: string): void {
  const verdict = database.pragma("quick_check(1)", { simple: true });
  if (verdict !== "ok")
    throw new StoreError("store.corrupt", `${path} is damaged (${String(verdict)}); restore a backup.`);
}

function guarded(path: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const code = error instanceof Database.SqliteError ? error.code : "";
    if (!/^SQLITE_(NOTADB|CORRUPT)/.test(code)) throw error;
    throw new StoreError("store.corrupt", `${path} is damaged and cannot be read; restore a backup.`, {
      cause: error,
    });
  }
}

function numberOf(database: Database.Database, pragma: string): number {
  return Number(database.pragma(pragma, { simple: true }));
}
