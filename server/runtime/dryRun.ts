import { compileFlow } from "#flows/engine/program.ts";
import type { TestEvent } from "#flows/flow.ts";
import type { AnyNode } from "#flows/node.ts";
import type { Problem } from "#flows/problem.ts";
import { playEvents } from "#flows/testing/playEvents.ts";
import { type TestedEffect, testedEffects } from "#flows/testing/runFlowTests.ts";
import { type TracedRun, type TracedStep, tracedStep } from "./traces.ts";

/** What a document would do: its runs with their traces, and effects that never leave. */
export interface DryRun {
  readonly runs: readonly (TracedRun & { readonly trace: readonly TracedStep[] })[];
  readonly effects: readonly TestedEffect[];
  readonly problems: readonly Problem[];
}

/** Runs with their traces that one answer holds; effects are told of all. */
const RUNS_TOLD = 1_000;

/** Plays events on a document that is not deployed, by the interpreter that runs live, on a virtual clock. */
export function dryRun(
  { document, events }: { readonly document: unknown; readonly events: readonly TestEvent[] },
  specs: readonly AnyNode[],
  { startMs, zone }: { readonly startMs: number; readonly zone: string },
): DryRun {
  const { program, problems } = compileFlow(document, specs);
  if (program === undefined) return { runs: [], effects: [], problems };
  const runs: DryRun["runs"][number][] = [];
  const effects: TestedEffect[] = [];
  playEvents({ program, startMs, zone, given: events }, (run) => {
    effects.push(...testedEffects(run, startMs));
    if (runs.length >= RUNS_TOLD) return;
    const error = run.errors[0]?.message;
    runs.push({
      id: run.id,
      flow: program.flow.id,
      version: 0,
      at: run.nowMs,
      durationMs: 0,
      trigger: run.steps[0]?.input ?? "",
      outcome: run.outcome,
      effects: run.effects.length,
      ...(error !== undefined && { error }),
      trace: run.steps.map(tracedStep),
    });
  });
  return { runs, effects, problems };
}
