// That a query selects the row its caller claims, the tests of the repositories prove; types cannot.
/* oxlint-disable typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters */
import type Database from "better-sqlite3";
import { openForReading } from "./database.ts";
import type { Value } from "./operation.ts";

/** Small synchronous reads of what has been committed. The caller names the row that its query selects. */
export interface Reader {
  readonly all: <Row>(sql: string, ...values: readonly Value[]) => readonly Row[];
  readonly get: <Row>(sql: string, ...values: readonly Value[]) => Row | undefined;
  readonly close: () => void;
}

/** Opens a database for reading; each query is prepared once. */
export function createReader(path: string): Reader {
  const database = openForReading(path);
  const statements = new Map<string, Database.Statement>();

  function prepared(sql: string): Database.Statement {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  }

  return {
    all: <Row>(sql: string, ...values: readonly Value[]) => prepared(sql).all(...values) as readonly Row[],
    get: <Row>(sql: string, ...values: readonly Value[]) => prepared(sql).get(...values) as Row | undefined,
    close: () => database.close(),
  };
}
