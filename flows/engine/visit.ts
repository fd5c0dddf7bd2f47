import { NodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Message, withFacts } from "../message.ts";
import type { Late, NodeContext, Reaction } from "../node.ts";
import { type OpenRun, stopRun } from "./openRun.ts";
import type { ProgramNode } from "./program.ts";
import { type Visit, react } from "./react.ts";
import type { RunStep } from "./runTypes.ts";
import { type Timer, slotOf } from "./state.ts";
import { cancelTimer } from "./timers.ts";

type Call = (context: NodeContext<unknown>) => Reaction<unknown> | undefined;

/** Hands a message to a node; what it sends on goes deeper before this returns. */
export function deliver(run: OpenRun, node: ProgramNode, input: string, message: Message): void {
  if (node.isDisabled || node.spec.receive === undefined) return;
  const key = node.key === undefined ? "*" : node.key.of(message);
  const why = skipReason(node, key, message);
  if (why !== undefined || key === undefined) {
    const step = noteStep(run, { node, input, key: undefined, message, late: undefined });
    step.why = () => why ?? "";
    return;
  }
  const reaction = visit(run, { node, input, message, key, late: undefined }, (context) =>
    node.spec.receive?.(message, node.config, context),
  );
  if (node.spec.initial !== undefined && reaction !== undefined && reaction.unknown !== true)
    confirmOverdue(run, node, key);
}

/** Wakes a node for a deadline that is due. */
export function fire(run: OpenRun, node: ProgramNode, timer: Timer): void {
  const { key, name } = timer;
  const slot = run.state.nodes.get(node.id)?.get(key);
  if (slot === undefined) return;
  const late = timer.isOverdue ? lateBy(timer, run.nowMs) : undefined;
  cancelTimer(run, slot, name, "fired");
  visit(run, { node, input: name, message: undefined, key, late }, (context) =>
    node.spec.wake?.(name, node.config, context),
  );
}

/** Where a node is called, and by what. */
export interface Place {
  readonly node: ProgramNode;
  readonly input: string;
  readonly message: Message | undefined;
  readonly key: string;
  readonly late: Late | undefined;
}

/** Calls a node, records the step, carries out what it asked for. */
export function visit(run: OpenRun, place: Place, call: Call): Reaction<unknown> | undefined {
  const { node, key, message, late } = place;
  if (++run.deliveries > limits.deliveriesPerRun)
    stopRun(
      run,
      node,
      new NodeError("limit.fanout", `One event reached nodes more than ${limits.deliveriesPerRun} times.`),
    );
  const isStateful = node.spec.initial !== undefined;
  const step = noteStep(run, isStateful ? place : { ...place, key: undefined });
  const visited: Visit = { run, node, step, message, key, slot: undefined, late, deliver };
  const failuresBefore = run.budget.failureCount;
  let reaction: Reaction<unknown> | undefined;
  try {
    if (isStateful) visited.slot = slotOf(run.state, node.id, key, node.spec.initial, run.nowMs);
    reaction = call(contextOf(visited, place.input));
  } catch (error) {
    fail(visited, error);
    return undefined;
  }
  if (run.budget.failureCount > failuresBefore) noteRuleFailure(visited);
  if (reaction !== undefined) react(visited, reaction);
  return reaction;
}

function skipReason(node: ProgramNode, key: string | undefined, message: Message): string | undefined {
  if (key === undefined) return "The message has no key, so this node does not process it.";
  if (message.initial && node.spec.group === "action")
    return "An initial value is state, not news: actions do not act on it.";
  return undefined;
}

/** An overdue condition that still holds after a fresh value fires now, late. */
function confirmOverdue(run: OpenRun, node: ProgramNode, key: string): void {
  const timers = run.state.nodes.get(node.id)?.get(key)?.timers;
  if (timers === undefined) return;
  for (const timer of timers.values())
    if (timer.verifyBy !== undefined && timer.dueAt !== Infinity && !isReplaced(run, node, key, timer.name)) {
      timer.verifyBy = undefined;
      fire(run, node, timer);
    }
}

function isReplaced(run: OpenRun, node: ProgramNode, key: string, name: string): boolean {
  return run.pendingTimers.some(
    (pending) => pending.node === node && pending.key === key && pending.command.timer === name,
  );
}

function lateBy({ dueAt, verifyBy }: Timer, nowMs: number): Late {
  return { dueAt, by: nowMs - dueAt, ...(verifyBy !== undefined && { unverified: true as const }) };
}

function noteStep(
  run: OpenRun,
  { node, input, key, message, late }: Omit<Place, "key"> & { readonly key: string | undefined },
): RunStep {
  const step: RunStep = {
    node: node.id,
    input,
    key,
    message,
    out: [],
    late,
    effects: undefined,
    why: undefined,
    error: undefined,
  };
  run.steps.push(step);
  return step;
}

function contextOf({ run, node, key, slot, late }: Visit, input: string): NodeContext<unknown> {
  return {
    state: slot === undefined ? null : slot.state,
    nowMs: run.nowMs,
    key,
    input,
    budget: run.budget,
    eventId: run.eventId,
    flowId: run.program.flow.id,
    nodeId: node.id,
    zone: run.zone,
    late,
  };
}

/** A rule that fails has no verdict, so the node went on as with an unknown one; the failure must be seen all the same. */
function noteRuleFailure({ run, node, step }: Visit): void {
  const failure = run.budget.failures.at(-1);
  step.error = {
    node: node.id,
    code: failure?.code ?? "rule.failed",
    message: failure?.message ?? "A rule failed while it ran.",
    cause: failure?.cause,
  };
  run.errors.push(step.error);
}

/** A failed node ends its branch; the message leaves at the port `error`. A broken limit ends the run. */
function fail(visited: Visit, thrown: unknown): void {
  const { run, node, step, message } = visited;
  const error =
    thrown instanceof NodeError
      ? thrown
      : new NodeError("node.crashed", `The node failed on this message: ${String(thrown)}`, {
          cause: thrown,
        });
  const { code, message: text, cause } = error;
  if (code.startsWith("limit.")) stopRun(run, node, error, step);
  step.error = { node: node.id, code, message: text, cause };
  run.errors.push(step.error);
  if (message === undefined) return;
  const failed = withFacts(message, "error", { node: node.id, code, message: text });
  react(visited, { commands: [{ do: "emit", port: "error", message: failed }] });
}
