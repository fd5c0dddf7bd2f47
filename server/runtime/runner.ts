import type { Run, RunInput } from "#flows/engine/run.ts";
import type { Committer } from "./committer.ts";
import { type DeployedFlow, countRun } from "./deployedFlow.ts";
import type { RuntimeParts } from "./parts.ts";
import { runtimeLimits } from "./runtimeLimits.ts";

/** A run that is over, for traces and live values. */
export interface FinishedRun {
  readonly flow: DeployedFlow;
  readonly run: Run;
  /** What set it off, in a few words. */
  readonly trigger: string;
  /** Of the payload that set it off. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** Where an answer goes that a node waits for. */
export interface AskedBy {
  readonly flow: string;
  readonly node: string;
  readonly key: string;
  readonly ref: string | undefined;
}

/** Carries out runs, one at a time. */
export interface Runner {
  nextEventId(): string;
  /** One run in one flow, committed; what a flow does never reaches another one, or the host. */
  run(flow: DeployedFlow, cause: RunCause, body: (input: RunInput) => Run): void;
  /** Who waits for the result of an effect; asking forgets it. */
  takeAsker(effectId: string): AskedBy | undefined;
  onRun(listener: (finished: FinishedRun) => void): () => void;
}

export interface RunCause {
  readonly eventId: string;
  readonly trigger: string;
  /** Of the payload that sets it off. @default 0 */
  readonly bytes?: number;
}

/** A runner that has run nothing yet. */
export function createRunner(
  { now, zone, log, bootId }: Pick<RuntimeParts, "now" | "zone" | "log" | "bootId">,
  committer: Committer,
): Runner {
  const listeners = new Set<(finished: FinishedRun) => void>();
  const asked = new Map<string, AskedBy>();
  let eventCount = 0;

  function run(flow: DeployedFlow, cause: RunCause, body: (input: RunInput) => Run): void {
    if (flow.held !== undefined) {
      flow.held.push(() => run(flow, cause, body));
      return;
    }
    const startMs = now();
    if (!mayRun(flow, startMs)) return;
    const before = performance.now();
    const { program, state } = flow;
    const done = body({ program, state, nowMs: startMs, eventId: cause.eventId, zone: zone() });
    flow.counts[done.outcome]++;
    flow.lastRunAt = startMs;
    committer.commit(flow, done);
    noteAsked(flow, done);
    for (const { level, text, node } of done.logs) log.info({ flow: flow.id, node, level }, text);
    const { trigger, bytes = 0 } = cause;
    tell({ flow, run: done, trigger, bytes, durationMs: performance.now() - before });
  }

  function mayRun(flow: DeployedFlow, nowMs: number): boolean {
    if (nowMs < flow.pausedUntil) {
      flow.counts.dropped++;
      return false;
    }
    if (countRun(flow, nowMs, runtimeLimits)) return true;
    flow.counts.dropped++;
    log.warn(
      { flow: flow.id },
      `The flow ran more than ${runtimeLimits.runsPerSecond} times a second for too long; it is paused for a minute.`,
    );
    return false;
  }

  function noteAsked(flow: DeployedFlow, done: Run): void {
    for (const { effect, id, node, key } of done.effects)
      if (effect.do === "http" && effect.ask) asked.set(id, { flow: flow.id, node, key, ref: effect.ref });
  }

  function tell(finished: FinishedRun): void {
    for (const listener of listeners) {
      try {
        listener(finished);
      } catch (error) {
        log.error({ err: error, flow: finished.flow.id }, "A listener of runs failed.");
      }
    }
  }

  return {
    nextEventId: () => `${bootId}-${(++eventCount).toString(36)}`,
    run,
    takeAsker(effectId) {
      const asker = asked.get(effectId);
      asked.delete(effectId);
      return asker;
    },
    onRun(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
