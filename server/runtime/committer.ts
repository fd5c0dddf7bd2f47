import type { Agenda } from "#flows/engine/agenda.ts";
import type { Run } from "#flows/engine/run.ts";
import type { Slot, Timer } from "#flows/engine/state.ts";
import type { DeployedFlow } from "./deployedFlow.ts";
import { type SortedEffects, sortEffects } from "./effects.ts";
import type { OutboxEntry, RuntimeParts, RuntimePublish, StateRow, TimerRow } from "./parts.ts";
import { runtimeLimits } from "./runtimeLimits.ts";

/** Makes runs durable, and lets their effects go only after that. */
export interface Committer {
  commit(flow: DeployedFlow, run: Run): void;
  /** Writes what is not on disk yet; resolves once it is. */
  flush(): Promise<void>;
  /** Writes the moved timers of a flow, for instance after a restart. */
  saveTimers(flow: DeployedFlow, timers: readonly Timer[]): void;
  /** Removes the state of keys that were forgotten. */
  forget(flow: DeployedFlow, keys: readonly { readonly node: string; readonly key: string }[]): void;
}

type CommitterParts = Pick<RuntimeParts, "store" | "publish" | "outboxHasNew" | "schedule" | "log"> & {
  readonly agenda: Agenda;
};

/**
 * A run that armed or cancelled a timer, or made an effect that must not be lost, is committed at once, with all
 * state of its flow that is not on disk yet: the disk always holds a prefix of the flow's history. A run that only
 * changed state is written within `flushMs`.
 */
export function createCommitter({
  store,
  publish,
  outboxHasNew,
  schedule,
  log,
  agenda,
}: CommitterParts): Committer {
  const waiting = new Set<DeployedFlow>();
  const movedTimers = new Map<DeployedFlow, Set<Timer>>();
  let cancelFlush: (() => void) | undefined;

  function commit(flow: DeployedFlow, run: Run): void {
    for (const { timer } of run.timers) agenda.add(timer);
    for (const { slot, node, key } of run.changes) flow.dirty.set(slot, { node, key });
    const effects = sortEffects(flow.id, run);
    const timers = run.timers.filter(({ how }) => how !== "moved").map(({ timer }) => timer);
    if (timers.length > 0 || effects.durable.length > 0) return write(flow, timers, effects);
    for (const { timer } of run.timers) noteMoved(flow, timer);
    if (run.changes.length > 0 || run.timers.length > 0) flushSoon(flow);
    release(flow, effects);
  }

  /** Effects of a run never overtake those of an earlier run of the flow that is still being committed. */
  function release(flow: DeployedFlow, { volatile }: SortedEffects): void {
    if (volatile.length === 0) return;
    if (flow.committed === undefined) return volatile.forEach(send);
    void flow.committed.then(() => volatile.forEach(send));
  }

  function send(message: RuntimePublish): void {
    try {
      publish(message);
    } catch (error) {
      const { topic, origin } = message;
      log.error(
        { err: error, topic, flow: origin.flow, node: origin.node },
        "A message of a flow could not be published.",
      );
    }
  }

  function write(flow: DeployedFlow, timers: readonly Timer[], effects: SortedEffects): void {
    const rows = takeRows(flow, timers);
    const done = store.commit({ ...rows, outbox: effects.durable }).then(
      () => {
        effects.volatile.forEach(send);
        if (effects.durable.length > 0) outboxHasNew();
      },
      (error: unknown) => notWritten(flow, effects.durable, error),
    );
    const chained = flow.committed === undefined ? done : Promise.all([flow.committed, done]).then(() => {});
    flow.committed = chained;
    void chained.then(() => {
      if (flow.committed === chained) flow.committed = undefined;
    });
  }

  function takeRows(
    flow: DeployedFlow,
    timers: readonly Timer[],
  ): { states: StateRow[]; timers: TimerRow[] } {
    const states = [...flow.dirty].map(([slot, { node, key }]) => stateRow(flow.id, node, key, slot));
    flow.dirty.clear();
    waiting.delete(flow);
    const all = new Set([...(movedTimers.get(flow) ?? []), ...timers]);
    movedTimers.delete(flow);
    return { states, timers: [...all].map(timerRow) };
  }

  function notWritten(flow: DeployedFlow, lost: readonly OutboxEntry[], error: unknown): void {
    flow.counts.commitFailures++;
    log.error(
      { err: error, flow: flow.id, effects: lost.map(({ id }) => id) },
      "A run could not be written to disk, so its actions were not carried out.",
    );
  }

  function noteMoved(flow: DeployedFlow, timer: Timer): void {
    const timers = movedTimers.get(flow) ?? new Set();
    movedTimers.set(flow, timers.add(timer));
  }

  function flushSoon(flow: DeployedFlow): void {
    waiting.add(flow);
    cancelFlush ??= schedule(() => {
      cancelFlush = undefined;
      flushNow();
    }, runtimeLimits.flushMs);
  }

  function flushNow(): void {
    for (const flow of waiting) write(flow, [], { volatile: [], durable: [] });
  }

  return {
    commit,
    async flush() {
      cancelFlush?.();
      cancelFlush = undefined;
      const flows = [...waiting];
      flushNow();
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
      if (timers.length > 0) write(flow, timers, { volatile: [], durable: [] });
    },
  };
}

function stateRow(flow: string, node: string, key: string, slot: Slot): StateRow {
  return { flow, node, key, value: slot.state === undefined ? null : JSON.stringify(slot.state) };
}

function timerRow({ flow, node, key, name, dueAt, armedAt, cause, hops }: Timer): TimerRow {
  return { flow, node, key, timer: name, dueAt: dueAt === Infinity ? null : dueAt, armedAt, cause, hops };
}
