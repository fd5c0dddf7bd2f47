import type { Schema } from "./migrate.ts";

/** history.db: what may be lost with the file: runs and their traces. */
export const historySchema: Schema = {
  applicationId: 0x4d_49_4c_48,
  steps: [
    `
    CREATE TABLE runs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      flow TEXT NOT NULL,
      version INTEGER NOT NULL,
      at INTEGER NOT NULL,
      durationMs REAL NOT NULL,
      trigger TEXT NOT NULL,
      outcome TEXT NOT NULL CHECK (outcome IN ('ok', 'failed', 'stopped')),
      effects INTEGER NOT NULL,
      error TEXT,
      trace TEXT NOT NULL
    ) STRICT;
    CREATE INDEX runsOfFlow ON runs (flow, seq);
    CREATE INDEX runsFailed ON runs (flow, outcome, seq);
    `,
  ],
};
