import type { Agenda } from "#flows/engine/agenda.ts";
import type { Run } from "#flows/engine/run.ts";
import type { Timer } from "#flows/engine/state.ts";
import type { DeployedFlow } from "./deployedFlow.ts";
import { type SortedEffects, noEffects, sortEffects } from "./effects.ts";
import type { JournalMarks, RuntimeParts } from "./parts.ts";
import { createReleases } from "./releases.ts";
import { runtimeLimits } from "./runtimeLimits.ts";
import { type Rows, createUnwritten } from "./unwritten.ts";

/** Makes runs durable, and lets their effects go only after that. */
export interface Committer {
  commit(flow: DeployedFlow, run: Run): void;
  /**
   * All runs in `act`, whichever flows they are in, are one transaction with what they mean for their message of the
   * journal. Resolves with `false` when it could not be written.
   */
  together(marks: JournalMarks, act: () => void): Promise<boolean>;
  /** Consumes a message whose replay would do no harm: with the next commit, or within `flushMs`. */
  consumeSoon(journalId: string): void;
  /** Writes what is not on disk yet; resolves once it is. */
  flush(): Promise<void>;
  /** Writes the moved timers of a flow, for instance after a restart. */
  saveTimers(flow: DeployedFlow, timers: readonly Timer[]): void;
  /** Removes the state of keys that were forgotten. */
  forget(flow: DeployedFlow, keys: readonly { readonly node: string; readonly key: string }[]): void;
  /** Messages of the journal whose consumption is on disk. */
  consumed(): number;
}

type CommitterParts = Pick<RuntimeParts, "store" | "publish" | "outboxHasNew" | "schedule" | "log"> & {
  readonly agenda: Agenda;
};

/** What one run adds to a transaction. */
interface Part {
  readonly flow: DeployedFlow;
  readonly timers: readonly Timer[];
  readonly effects: SortedEffects;
}

/**
 * A run that armed or cancelled a timer, or made an effect that must not be lost, is committed at once, with all
 * state of its flow that is not on disk yet: the disk always holds a prefix of the flow's history. A run that only
 * changed state is written within `flushMs`, unless a message of the journal caused it.
 */
export function createCommitter(parts: CommitterParts): Committer {
  const { store, outboxHasNew, schedule, log, agenda } = parts;
  const releases = createReleases(parts);
  const unwritten = createUnwritten();
  const waiting = new Set<DeployedFlow>();
  let joint: Part[] | undefined;
  const consumedSoon: string[] = [];
  let consumedCount = 0;
  let cancelFlush: (() => void) | undefined;

  function commit(flow: DeployedFlow, run: Run): void {
    for (const { timer } of run.timers) agenda.add(timer);
    for (const { slot, node, key } of run.changes) flow.dirty.set(slot, { node, key });
    const effects = sortEffects(flow.id, run);
    if (joint !== undefined) {
      joint.push({ flow, timers: run.timers.map(({ timer }) => timer), effects });
      return;
    }
    const timers = run.timers.filter(({ how }) => how !== "moved").map(({ timer }) => timer);
    if (timers.length > 0 || effects.durable.length > 0) return void write([{ flow, timers, effects }]);
    for (const { timer } of run.timers) unwritten.noteMoved(flow, timer);
    if (run.changes.length > 0 || run.timers.length > 0) {
      waiting.add(flow);
      flushSoon();
    }
    releases.soon(flow, effects.volatile);
  }

  function together(marks: JournalMarks, act: () => void): Promise<boolean> {
    const runs: Part[] = [];
    joint = runs;
    try {
      act();
    } finally {
      joint = undefined;
    }
    if (marks.consumed === undefined || !runs.every(isHarmless)) return write(runs, marks);
    marks.consumed.forEach(consumeSoon);
    for (const { flow, effects } of runs) releases.soon(flow, effects.volatile);
    return Promise.resolve(true);
  }

  /**
   * Such a run may happen again: it changed nothing that a replay would meet changed, and nothing is lost if it does
   * not. That holds only where the memory it saw is on disk: a value that changed nothing because a QoS 0 message
   * had brought it already would otherwise be gone with that message.
   */
  function isHarmless({ flow, timers, effects }: Part): boolean {
    return timers.length === 0 && effects.durable.length === 0 && unwritten.isNothing(flow);
  }

  function consumeSoon(journalId: string): void {
    if (consumedSoon.push(journalId) >= runtimeLimits.consumedAtOnce) void write([]);
    else flushSoon();
  }

  function write(runs: readonly Part[], marks: JournalMarks = {}): Promise<boolean> {
    const rows: Rows = { states: [], timers: [] };
    for (const { flow, timers } of runs) {
      unwritten.take(flow, timers, rows);
      waiting.delete(flow);
    }
    const outbox = runs.flatMap(({ effects }) => effects.durable);
    const riders = consumedSoon.splice(0, runtimeLimits.consumedAtOnce);
    const consumed = [...riders, ...(marks.consumed ?? [])];
    const written = store.commit({ ...rows, outbox, consumed, doneFlows: marks.doneFlows }).then(
      () => {
        consumedCount += consumed.length;
        if (outbox.length > 0) outboxHasNew();
        return true;
      },
      (error: unknown) => {
        consumedSoon.push(...riders);
        notWritten(runs, error);
        return false;
      },
    );
    for (const { flow, effects } of runs) releases.after(written, flow, effects.volatile);
    return written;
  }

  function notWritten(runs: readonly Part[], error: unknown): void {
    for (const { flow, effects } of runs) {
      flow.counts.commitFailures++;
      log.error(
        { err: error, flow: flow.id, effects: effects.durable.map(({ id }) => id) },
        "A run could not be written to disk, so its actions were not carried out.",
      );
    }
    if (runs.length === 0)
      log.error({ err: error }, "Messages that flows are done with could not be taken out of the journal.");
  }

  function flushSoon(): void {
    cancelFlush ??= schedule(() => {
      cancelFlush = undefined;
      void Promise.all(flushNow());
    }, runtimeLimits.flushMs);
  }

  function flushNow(): Promise<boolean>[] {
    const writes = [...waiting].map((flow) => write([{ flow, timers: [], effects: noEffects }]));
    while (consumedSoon.length > 0) writes.push(write([]));
    return writes;
  }

  return {
    commit,
    together,
    consumeSoon,
    async flush() {
      cancelFlush?.();
      cancelFlush = undefined;
      const flows = [...waiting];
      await Promise.all(flushNow());
      await Promise.all(flows.map(({ committed = Promise.resolve() }) => committed));
    },
    forget(flow, keys) {
      const states = keys.map(({ node, key }) => ({ flow: flow.id, node, key, value: null }));
      store.commit({ states, timers: [], outbox: [] }).catch((error: unknown) => {
        log.error(
          { err: error, flow: flow.id },
          "State that is no longer used could not be removed from disk.",
        );
      });
    },
    saveTimers(flow, timers) {
      if (timers.length > 0) void write([{ flow, timers, effects: noEffects }]);
    },
    consumed: () => consumedCount,
  };
}
