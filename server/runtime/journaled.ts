import type { Committer } from "./committer.ts";
import type { Listeners } from "./router.ts";

/** A message of the journal, and the flows that have to see it. */
export interface JournaledEvent {
  readonly journalId: string;
  readonly listeners: readonly Listeners[];
  readonly run: (listeners: Listeners) => void;
}

/**
 * Runs all flows that listen to a message of the journal as one transaction that takes it out of the journal. A flow
 * that waits for a deploy runs later, by itself: then each transaction notes whose work it holds, so that a replay
 * passes over what is done, and the message goes once all of them are on disk.
 */
export function evaluateJournaled(committer: Committer, { journalId, listeners, run }: JournaledEvent): void {
  const free = listeners.filter(({ flow }) => flow.held === undefined);
  const held = listeners.filter(({ flow }) => flow.held !== undefined).map((entry) => [entry]);
  const groups = free.length === 0 && held.length > 0 ? held : [free, ...held];
  const parts: Promise<boolean>[] = [];

  function evaluate(group: readonly Listeners[]): void {
    const isWhole = groups.length === 1;
    const flows = group.map(({ flow }) => flow.id);
    const marks = isWhole ? { consumed: [journalId] } : { doneFlows: [{ journalId, flows }] };
    parts.push(committer.together(marks, () => group.forEach(run)));
    if (isWhole || parts.length < groups.length) return;
    void Promise.all(parts).then((written) => {
      if (written.every(Boolean)) committer.consumeSoon(journalId);
    });
  }

  for (const group of groups) {
    const waits = group[0]?.flow.held;
    if (waits === undefined) evaluate(group);
    else waits.push(() => evaluate(group));
  }
}
