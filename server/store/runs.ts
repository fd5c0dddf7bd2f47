import type { Connection } from "./connection.ts";
import { operation, type Operation } from "./operation.ts";
import { boundsOf, pageOf, type Page, type PageRequest } from "./page.ts";

export type RunOutcome = "ok" | "failed" | "stopped";

export interface RunSummary {
  readonly id: string;
  readonly flow: string;
  readonly version: number;
  readonly at: number;
  readonly durationMs: number;
  /** What started it, in a few words. */
  readonly trigger: string;
  readonly outcome: RunOutcome;
  /** How many effects it made. */
  readonly effects: number;
  readonly error: string | null;
}

export interface Run extends RunSummary {
  /** JSON text: only the reader of one run decodes it. */
  readonly trace: string;
}

export interface RunRequest extends PageRequest {
  readonly flow: string;
  readonly outcome?: RunOutcome | undefined;
}

/** Finished runs and their traces; they may be lost with the file. */
export interface RunStore {
  readonly append: (runs: readonly Run[]) => Promise<void>;
  /** Newest first, without traces. */
  readonly list: (request: RunRequest) => Page<RunSummary>;
  readonly get: (id: string) => Run | undefined;
  /** Removes what is beyond the limits; `append` does so by itself from time to time. */
  readonly prune: () => Promise<void>;
  readonly removeFlow: (flow: string) => Promise<void>;
}

/** What is kept of each flow: the newest runs, and the newest failures even when they are older. */
export const runLimits = { perFlow: 200, failuresPerFlow: 1_000, pruneEvery: 100 } as const;

const SUMMARY = "id, flow, version, at, durationMs, trigger, outcome, effects, error";

/** Runs in history.db. */
export function createRunStore({ reader, commit }: Connection): RunStore {
  const appended = new Map<string, number>();

  function pruneIfDue(runs: readonly Run[]): readonly Operation[] {
    const due: Operation[] = [];
    for (const { flow } of runs) {
      const count = (appended.get(flow) ?? 0) + 1;
      appended.set(flow, count % runLimits.pruneEvery);
      if (count === runLimits.pruneEvery) due.push(...pruneFlow(flow));
    }
    return due;
  }

  return {
    append: async (runs) => {
      await commit([...runs.map(insertRun), ...pruneIfDue(runs)]);
    },
    list: (request) => {
      const { before, limit } = boundsOf(request);
      const rows = reader.all<RunSummary & { readonly seq: number }>(
        `SELECT seq, ${SUMMARY} FROM runs WHERE flow = ? AND seq < ? AND outcome = coalesce(?, outcome)
         ORDER BY seq DESC LIMIT ?`,
        request.flow,
        before,
        request.outcome ?? null,
        limit + 1,
      );
      return pageOf(rows, limit, ({ seq: _seq, ...run }) => run);
    },
    get: (id) => reader.get<Run>(`SELECT ${SUMMARY}, trace FROM runs WHERE id = ?`, id),
    prune: async () => {
      const flows = reader.all<{ readonly flow: string }>("SELECT DISTINCT flow FROM runs");
      await commit(flows.flatMap(({ flow }) => pruneFlow(flow)));
    },
    removeFlow: async (flow) => {
      await commit([operation("DELETE FROM runs WHERE flow = ?", flow)]);
    },
  };
}

function insertRun(run: Run): Operation {
  return operation(
    `INSERT INTO runs (${SUMMARY}, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    run.id,
    run.flow,
    run.version,
    run.at,
    run.durationMs,
    run.trigger,
    run.outcome,
    run.effects,
    run.error,
    run.trace,
  );
}

function pruneFlow(flow: string): readonly Operation[] {
  return [
    operation(
      `DELETE FROM runs WHERE flow = ? AND seq <= (
         SELECT seq FROM runs WHERE flow = ? ORDER BY seq DESC LIMIT 1 OFFSET ${runLimits.perFlow}
       ) AND (outcome <> 'failed' OR seq <= (
         SELECT seq FROM runs WHERE flow = ? AND outcome = 'failed'
         ORDER BY seq DESC LIMIT 1 OFFSET ${runLimits.failuresPerFlow}
       ))`,
      flow,
      flow,
      flow,
    ),
  ];
}
