import Database from "better-sqlite3";
import type { Value } from "./operation.ts";

/** A prepared statement's number, whether it is a guard, and the values: an array because arrays cross threads cheaply. */
export type BatchOperation = readonly [statement: number, isGuard: boolean, values: readonly Value[]];

/** What one caller handed in: all of it is written or nothing. */
export type Group = readonly BatchOperation[];

export interface Refusal {
  readonly message: string;
}

/** `true`: written; `false`: a guard found nothing to change; a refusal: a constraint of the database. */
export type Outcome = boolean | Refusal;

export type BatchResult =
  | { readonly kind: "done"; readonly outcomes: readonly Outcome[] }
  /** Nothing was written; the same batch may succeed later. */
  | { readonly kind: "disk-full" | "busy"; readonly message: string }
  /** The file can no longer be trusted: SQLite reports success after a failed fsync. */
  | { readonly kind: "failed"; readonly message: string };

/** Runs the groups in order in one transaction, whole or not at all. */
export function runBatch(
  database: Database.Database,
  groups: readonly Group[],
  prepared: (statement: number) => Database.Statement,
): BatchResult {
  try {
    try {
      return { kind: "done", outcomes: transact(false) };
    } catch (error) {
      // One caller's bad row must not fail its neighbours in the batch: a second pass keeps the groups apart.
      if (faultOf(error) !== undefined) throw error;
      return { kind: "done", outcomes: transact(true) };
    }
  } catch (error) {
    return { kind: faultOf(error) ?? "failed", message: sentenceOf(error) };
  }

  function transact(isApart: boolean): readonly Outcome[] {
    database.exec("BEGIN IMMEDIATE");
    try {
      const outcomes = groups.map((group) => runGroup(group, isApart));
      database.exec("COMMIT");
      return outcomes;
    } catch (error) {
      // SQLite ends the transaction by itself after a full disk or an I/O error.
      if (database.inTransaction) database.exec("ROLLBACK");
      throw error;
    }
  }

  function runGroup(group: Group, isApart: boolean): Outcome {
    if (!isApart && !group.some(([, isGuard]) => isGuard)) return runAll(group);
    database.exec("SAVEPOINT caller");
    let outcome: Outcome;
    try {
      outcome = runAll(group);
    } catch (error) {
      if (!isApart || faultOf(error) !== undefined) throw error;
      outcome = { message: sentenceOf(error) };
    }
    if (outcome !== true) database.exec("ROLLBACK TO caller");
    database.exec("RELEASE caller");
    return outcome;
  }

  function runAll(group: Group): boolean {
    return group.every(([statement, isGuard, values]) => {
      const { changes } = prepared(statement).run(...values);
      return changes > 0 || !isGuard;
    });
  }
}

type Fault = Exclude<BatchResult["kind"], "done">;

function faultOf(error: unknown): Fault | undefined {
  const code = error instanceof Database.SqliteError ? error.code : "";
  if (code.startsWith("SQLITE_FULL")) return "disk-full";
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return "busy";
  if (/^SQLITE_(IOERR|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|PROTOCOL)/.test(code)) return "failed";
  return undefined;
}

function sentenceOf(error: unknown): string {
  if (error instanceof Database.SqliteError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
