import { NodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Budget, createBudget } from "../logic/budget.ts";
import type { Command } from "../node.ts";
import type { ProgramNode } from "./program.ts";
import type {
  LogLine,
  PlannedEffect,
  Run,
  RunError,
  RunInput,
  RunStep,
  StateChange,
  TimerChange,
} from "./runTypes.ts";
import type { Slot } from "./state.ts";
import { armTimer, cancelTimer } from "./timers.ts";

/** A run that is under way: the same as a finished one, still growing. */
export interface OpenRun extends RunInput {
  readonly id: string;
  /** Id of the first event of the chain, and the publishes by flows since. */
  readonly cause: string;
  readonly hops: number;
  readonly budget: Budget;
  readonly steps: RunStep[];
  readonly changes: StateChange[];
  readonly timers: TimerChange[];
  readonly effects: PlannedEffect[];
  readonly logs: LogLine[];
  readonly errors: RunError[];
  readonly pendingTimers: PendingTimer[];
  deliveries: number;
}

/** Timers are armed at the end of a run: a run that is stopped arms none. */
export interface PendingTimer {
  readonly node: ProgramNode;
  readonly key: string;
  readonly slot: Slot;
  readonly command: Extract<Command, { readonly do: "wake" | "cancel" }>;
  readonly cause: string;
  readonly hops: number;
}

/** Opens a run; the ids of run and effects follow from event and flow alone. */
export function openRun(input: RunInput, cause: string, hops: number): OpenRun {
  const { program, state, nowMs, eventId, zone } = input;
  return {
    program,
    state,
    nowMs,
    eventId,
    zone,
    id: runIdOf(eventId, program.flow.id),
    cause,
    hops,
    budget: createBudget(zone),
    steps: [],
    changes: [],
    timers: [],
    effects: [],
    logs: [],
    errors: [],
    pendingTimers: [],
    deliveries: 0,
  };
}

/** The id of the run that an event causes in a flow: a replay of the event has the same one. */
export function runIdOf(eventId: string, flow: string): string {
  return `${eventId}-${flow}`;
}

/** Carries the run out and decides its fate: a broken limit takes everything back. */
export function perform(run: OpenRun, body: () => void): Run {
  let outcome: Run["outcome"] = "ok";
  try {
    body();
    for (const pending of run.pendingTimers) settleTimer(run, pending);
    if (run.errors.length > 0) outcome = "failed";
  } catch (error) {
    if (!(error instanceof StoppedRun)) throw error;
    outcome = "stopped";
    takeBack(run);
  }
  const { id, eventId, nowMs, steps, changes, timers, effects, logs, errors } = run;
  return { id, eventId, nowMs, steps, changes, timers, effects, logs, errors, outcome };
}

/** Ends a run that broke a limit. */
export function stopRun(run: OpenRun, node: ProgramNode, error: NodeError, step?: RunStep): never {
  const { code, message, cause } = error;
  const told = { node: node.id, code, message, cause };
  if (step !== undefined) step.error = told;
  run.errors.push(told);
  throw new StoppedRun(code);
}

/** Notes a timer command of a node; throws when the flow would wait for too much. */
export function deferTimer(run: OpenRun, pending: PendingTimer, step: RunStep): void {
  run.pendingTimers.push(pending);
  const { timerCount } = run.state;
  if (timerCount + run.pendingTimers.length > limits.timersPerFlow)
    stopRun(
      run,
      pending.node,
      new NodeError(
        "limit.timers",
        `The flow waits for ${timerCount} deadlines already, which is the limit.`,
      ),
      step,
    );
}

/** Carried through the recursion when a limit is broken; the error is in the run already. */
class StoppedRun extends Error {}

function settleTimer(run: OpenRun, { node, key, slot, command, cause, hops }: PendingTimer): void {
  if (command.do === "cancel") return cancelTimer(run, slot, command.timer, "cancelled");
  const place = { flow: run.program.flow.id, node: node.id, key, name: command.timer };
  armTimer(run, slot, place, { dueAt: command.atMs, armedAt: run.nowMs, cause, hops });
}

function takeBack(run: OpenRun): void {
  for (const { slot, before } of run.changes.toReversed()) slot.state = before;
  run.changes.length = 0;
  run.effects.length = 0;
  // A deadline that fired stays fired: it would fire again at once and break the same limit.
  run.timers.splice(0, Infinity, ...run.timers.filter(({ how }) => how === "fired"));
}
