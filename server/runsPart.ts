import type { ApiParts } from "./api/api.ts";
import type { RunSummary } from "./api/contract.ts";
import type { TracedRun, Traces } from "./runtime/traces.ts";
import type { Store } from "./store/store.ts";

/** So many of the kept runs are looked at for one list. */
const STORED_MAX = 500;

/** Runs for the API: the last ones from memory, all of them; older ones from the history, a selection. */
export function runsPart({
  store,
  traces,
}: {
  readonly store: Pick<Store, "runs">;
  readonly traces: Traces;
}): ApiParts["runs"] {
  return {
    list(flow, { cursor, limit, outcome }) {
      const recent = traces.recent(flow);
      const known = new Set(recent.map(({ id }) => id));
      const stored = store.runs.list({ flow, limit: STORED_MAX }).items.filter(({ id }) => !known.has(id));
      const all: TracedRun[] = [
        ...recent,
        ...stored.map(({ error, ...run }) => ({ ...run, ...(error !== null && { error }) })),
      ];
      const fitting = all.filter((run) => outcome === undefined || run.outcome === outcome);
      const start = cursor === undefined ? 0 : fitting.findIndex(({ id }) => id === cursor) + 1;
      const items: readonly RunSummary[] = fitting.slice(start, start + limit);
      const last = items.at(-1);
      return { items, ...(start + limit < fitting.length && last !== undefined && { next: last.id }) };
    },
    get: traces.get,
  };
}
