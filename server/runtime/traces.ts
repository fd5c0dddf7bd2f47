import { payloadText } from "#flows/payloadText.ts";
import type { Message } from "#flows/message.ts";
import type { Late } from "#flows/node.ts";
import type { Run, RunStep } from "#flows/engine/run.ts";
import { runtimeLimits } from "./runtimeLimits.ts";
import type { FinishedRun } from "./runner.ts";

/** A run in short. Times are ms since 1970. */
export interface TracedRun {
  readonly id: string;
  readonly flow: string;
  readonly version: number;
  readonly at: number;
  readonly durationMs: number;
  readonly trigger: string;
  readonly outcome: Run["outcome"];
  readonly effects: number;
  readonly error?: string;
}

/** What one node did in a run. */
export interface TracedStep {
  readonly node: string;
  readonly input: string;
  readonly topic?: string;
  readonly key?: string;
  readonly payload?: unknown;
  readonly out: readonly { readonly port: string; readonly payload: unknown }[];
  readonly why?: string;
  /** A deadline that fired after it was due, because the hub was down; `by` in ms. */
  readonly late?: Late;
  readonly error?: { readonly code: string; readonly message: string };
  readonly effects?: readonly {
    readonly id: string;
    readonly effect: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

/** A run with its trace, as the history keeps it. */
export interface StoredTrace extends Omit<TracedRun, "error"> {
  readonly error: string | null;
  /** JSON text. */
  readonly trace: string;
}

export interface TraceStore {
  append(runs: readonly StoredTrace[]): Promise<void>;
  get(id: string): StoredTrace | undefined;
}

/** Keeps the last runs of each flow with their traces, and hands the telling ones to the history. */
export interface Traces {
  note(finished: FinishedRun): void;
  /** Runs in memory, newest first: all of the last ones, while the history holds a selection. */
  recent(flow: string): readonly TracedRun[];
  get(id: string): (TracedRun & { readonly trace: readonly TracedStep[] }) | undefined;
  forget(flow: string): void;
  flush(): Promise<void>;
  counts(): { readonly finished: number; readonly stored: number; readonly sampledOut: number };
}

export interface TracesParts {
  readonly store: TraceStore;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly log: { error(details: object, message: string): void };
}

/** The steps of a run are only written out when somebody asks; a run over a large payload is, so that it can go. */
interface KeptRun extends TracedRun {
  readonly steps: () => readonly TracedStep[];
}

interface Ring {
  /** Oldest first. */
  readonly runs: KeptRun[];
  /** Start of the current second, the runs in it, and those of them that went to the history. */
  secondAt: number;
  inSecond: number;
  storedInSecond: number;
}

function createRing(): Ring {
  return { runs: [], secondAt: 0, inSecond: 0, storedInSecond: 0 };
}

/** Traces of nothing yet. */
export function createTraces({ store, schedule, log }: TracesParts): Traces {
  const rings = new Map<string, Ring>();
  const counts = { finished: 0, stored: 0, sampledOut: 0 };
  let unwritten: StoredTrace[] = [];
  let cancelFlush: (() => void) | undefined;

  function note(finished: FinishedRun): void {
    counts.finished++;
    const { flow, run } = finished;
    let ring = rings.get(flow.id);
    if (ring === undefined) rings.set(flow.id, (ring = createRing()));
    if (run.nowMs - ring.secondAt >= 1_000)
      Object.assign(ring, { secondAt: run.nowMs, inSecond: 0, storedInSecond: 0 });
    // A busy flow would keep thousands of objects alive for traces that nobody can read in time.
    if (
      ++ring.inSecond > runtimeLimits.tracedRunsPerSecond &&
      run.outcome === "ok" &&
      ring.inSecond % runtimeLimits.sampledRuns !== 0
    ) {
      counts.sampledOut++;
      return;
    }
    ring.runs.push(keptRun(finished));
    if (ring.runs.length > runtimeLimits.tracedRuns * 2) ring.runs.splice(0, runtimeLimits.tracedRuns);
    if (run.effects.length === 0 && run.outcome === "ok") return;
    if (++ring.storedInSecond <= runtimeLimits.storedRunsPerSecond) {
      counts.stored++;
      unwritten.push(storedTrace(finished));
      cancelFlush ??= schedule(() => void flush(), runtimeLimits.historyFlushMs);
    } else counts.sampledOut++;
  }

  async function flush(): Promise<void> {
    cancelFlush?.();
    cancelFlush = undefined;
    const runs = unwritten;
    unwritten = [];
    if (runs.length === 0) return;
    try {
      await store.append(runs);
    } catch (error) {
      log.error(
        { err: error, runs: runs.length },
        "The history of runs could not be written; these runs are not kept.",
      );
    }
  }

  return {
    note,
    recent: (flow) =>
      (rings.get(flow)?.runs ?? [])
        .slice(-runtimeLimits.tracedRuns)
        .toReversed()
        .map(({ steps: _steps, ...run }) => run),
    get(id) {
      for (const { runs } of rings.values()) {
        const found = runs.find((run) => run.id === id);
        if (found === undefined) continue;
        const { steps, ...run } = found;
        return { ...run, trace: steps() };
      }
      const stored = unwritten.find((run) => run.id === id) ?? store.get(id);
      if (stored === undefined) return undefined;
      const { trace, error, ...run } = stored;
      return { ...run, ...(error !== null && { error }), trace: JSON.parse(trace) as TracedStep[] };
    },
    forget: (flow) => void rings.delete(flow),
    flush,
    counts: () => ({ ...counts }),
  };
}

function keptRun(finished: FinishedRun): KeptRun {
  const { run, bytes } = finished;
  const kept = bytes > runtimeLimits.tracePayloadBytes ? run.steps.map(tracedStep) : undefined;
  return { ...tracedRun(finished), steps: kept === undefined ? () => run.steps.map(tracedStep) : () => kept };
}

function tracedRun({ flow, run, trigger, durationMs }: FinishedRun): TracedRun {
  const error = run.errors[0]?.message;
  return {
    id: run.id,
    flow: flow.id,
    version: flow.version,
    at: run.nowMs,
    durationMs: Math.round(durationMs * 1_000) / 1_000,
    trigger,
    outcome: run.outcome,
    effects: run.effects.length,
    ...(error !== undefined && { error }),
  };
}

function storedTrace(finished: FinishedRun): StoredTrace {
  const { error = null, ...run } = tracedRun(finished);
  return { ...run, error, trace: JSON.stringify(finished.run.steps.map(tracedStep)) };
}

/** A step with everything worked out that is only worked out on demand. */
export function tracedStep(step: RunStep): TracedStep {
  const { node, input, key, message, out, why, late, error, effects } = step;
  return {
    node,
    input,
    ...(message !== undefined && { topic: message.topic, payload: cut(message) }),
    ...(key !== undefined && key !== "*" && { key }),
    out: out.map((sent) => ({ port: sent.port, payload: cut(sent.message) })),
    ...(why !== undefined && { why: why() }),
    ...(late !== undefined && { late }),
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    ...(effects !== undefined && {
      effects: effects.map(({ id, effect: { do: effect, ...fields } }) => ({ id, effect, fields })),
    }),
  };
}

/** A payload as it is where it is small, and its beginning as text where it is not. */
function cut({ payload }: Message): unknown {
  const text = payloadText(payload);
  return text.length <= runtimeLimits.tracePayloadBytes
    ? (payload ?? null)
    : `${text.slice(0, runtimeLimits.tracePayloadBytes)}…`;
}
