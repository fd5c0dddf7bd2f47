import { NodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Budget, createBudget } from "../logic/budget.ts";
import { type Message, withFacts } from "../message.ts";
import type {
  Command,
  Effect,
  EffectResult,
  FlowEvent,
  Late,
  LogLevel,
  NodeContext,
  Reaction,
} from "../node.ts";
import type { Program, ProgramNode } from "./program.ts";
import { sizeWithin } from "./size.ts";
import { type FlowState, type Slot, type Timer, slotOf } from "./state.ts";
import { armTimer, cancelTimer } from "./timers.ts";

/** What the host gives to a run. */
export interface RunInput {
  readonly program: Program;
  readonly state: FlowState;
  readonly nowMs: number;
  /** Id of the outside event; run and effect ids follow from it. */
  readonly eventId: string;
  /** The hub's IANA time zone. */
  readonly zone: string;
}

/**
 * What one event did in one flow. State is already changed in memory (or not at all, when the run was stopped);
 * timers are armed in memory but not yet in an agenda. The host makes it durable, then performs the effects.
 */
export interface Run {
  readonly id: string;
  readonly eventId: string;
  readonly nowMs: number;
  readonly steps: readonly RunStep[];
  /** Slots whose state changed, each at least once. */
  readonly changes: readonly StateChange[];
  readonly timers: readonly TimerChange[];
  readonly effects: readonly PlannedEffect[];
  readonly logs: readonly LogLine[];
  readonly errors: readonly RunError[];
  readonly outcome: "ok" | "failed" | "stopped";
}

/** What one node did. `why` is only worked out when somebody reads it. */
export interface RunStep {
  readonly node: string;
  readonly input: string;
  readonly key: string | undefined;
  readonly message: Message | undefined;
  readonly out: { readonly port: string; readonly message: Message }[];
  effects: PlannedEffect[] | undefined;
  why: (() => string) | undefined;
  error: RunError | undefined;
}

export interface StateChange {
  readonly node: string;
  readonly key: string;
  readonly slot: Slot;
  readonly before: unknown;
}

export interface TimerChange {
  readonly timer: Timer;
  /** `moved`: it was armed before and is now due later, which may be stored lazily. */
  readonly how: "armed" | "moved" | "cancelled" | "fired";
}

/** An effect with its id, which is the idempotency key of the action: a replay yields the same one. */
export interface PlannedEffect {
  readonly id: string;
  readonly node: string;
  /** Key of the state the node had; the result of an effect goes back to it. */
  readonly key: string;
  readonly effect: Effect;
  readonly cause: string;
  /** Publishes by flows along the chain, this one included. */
  readonly hops: number;
}

export interface LogLine {
  readonly node: string;
  readonly level: LogLevel;
  readonly text: string;
}

export interface RunError {
  readonly node: string;
  readonly code: string;
  readonly message: string;
  readonly cause: unknown;
}

/** Runs the trigger nodes that listen to an event. */
export function runEvent(input: RunInput, event: FlowEvent, triggers: readonly ProgramNode[]): Run {
  const cause = event.type === "topic" ? event.cause : undefined;
  const run = createRun(input, cause ?? input.eventId, event.type === "topic" ? event.hops : 0);
  return perform(run, () => {
    for (const node of triggers) {
      const key = node.spec.eventKey?.(event, node.config) ?? "*";
      visit(run, node, event.type, undefined, key, (context) => node.spec.on?.(event, node.config, context));
    }
  });
}

/** Hands one message to one node, as examples and previews do. */
export function runMessage(
  input: RunInput,
  at: { readonly node: string; readonly port: string },
  message: Message,
): Run {
  const run = createRun(input, message.cause, message.hops);
  return perform(run, () => {
    const node = input.program.nodes.get(at.node);
    if (node !== undefined) deliver(run, node, at.port, message);
  });
}

/** Fires a timer that the agenda gave out. */
export function runTimer(input: RunInput, timer: Timer): Run {
  const run = createRun(input, timer.cause, timer.hops);
  return perform(run, () => {
    const node = input.program.nodes.get(timer.node);
    if (node !== undefined) fire(run, node, timer, input.nowMs);
  });
}

/** Tells a node how an effect ended that it waits for. */
export function runResult(
  input: RunInput,
  at: { readonly node: string; readonly key: string },
  result: EffectResult,
): Run {
  const run = createRun(input, input.eventId, 0);
  return perform(run, () => {
    const node = input.program.nodes.get(at.node);
    if (node?.spec.result !== undefined)
      visit(run, node, "result", undefined, at.key, (context) =>
        node.spec.result?.(result, node.config, context),
      );
  });
}

interface OpenRun extends RunInput {
  readonly id: string;
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
interface PendingTimer {
  readonly node: ProgramNode;
  readonly key: string;
  readonly slot: Slot;
  readonly command: Extract<Command, { readonly do: "wake" | "cancel" }>;
  readonly cause: string;
  readonly hops: number;
}

function createRun(input: RunInput, cause: string, hops: number): OpenRun {
  return {
    program: input.program,
    state: input.state,
    nowMs: input.nowMs,
    eventId: input.eventId,
    zone: input.zone,
    id: `${input.eventId}-${input.program.flow.id}`,
    cause,
    hops,
    budget: createBudget(input.zone),
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

/** Carries the run out and decides its fate: a broken limit takes everything back. */
function perform(run: OpenRun, body: () => void): Run {
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
  return { ...publicPart(run), outcome };
}

function publicPart(run: OpenRun): Omit<Run, "outcome"> {
  const { id, eventId, nowMs, steps, changes, timers, effects, logs, errors } = run;
  return { id, eventId, nowMs, steps, changes, timers, effects, logs, errors };
}

/** Thrown through the recursion when a limit of the run is broken; the error is in the run already. */
class StoppedRun extends Error {}

function takeBack(run: OpenRun): void {
  for (const { slot, before } of run.changes.toReversed()) slot.state = before;
  run.changes.length = 0;
  run.effects.length = 0;
  // A deadline that fired stays fired: it would fire again at once and break the same limit.
  run.timers.splice(0, Infinity, ...run.timers.filter(({ how }) => how === "fired"));
}

function settleTimer(run: OpenRun, { node, key, slot, command, cause, hops }: PendingTimer): void {
  if (command.do === "cancel") return cancelTimer(run, slot, command.timer, "cancelled");
  const place = { flow: run.program.flow.id, node: node.id, key, name: command.timer };
  armTimer(run, slot, place, { dueAt: command.atMs, armedAt: run.nowMs, cause, hops });
}

function deliver(run: OpenRun, node: ProgramNode, input: string, message: Message): void {
  if (node.isDisabled || node.spec.receive === undefined) return;
  const key = node.key === undefined ? "*" : node.key.of(message);
  if (key === undefined)
    return skip(run, node, input, message, "The message has no key, so this node does not process it.");
  if (message.initial && node.spec.group === "action")
    return skip(run, node, input, message, "An initial value is state, not news: actions do not act on it.");
  const reaction = visit(run, node, input, message, key, (context) =>
    node.spec.receive?.(message, node.config, context),
  );
  if (node.spec.initial !== undefined && reaction !== undefined && reaction.unknown !== true)
    confirmOverdue(run, node, key);
}

/** An overdue condition that still holds after a fresh value fires now, late. */
function confirmOverdue(run: OpenRun, node: ProgramNode, key: string): void {
  const timers = run.state.nodes.get(node.id)?.get(key)?.timers;
  if (timers === undefined) return;
  for (const timer of timers.values())
    if (timer.verifyBy !== undefined && timer.dueAt !== Infinity && !isReplaced(run, node, key, timer.name)) {
      timer.verifyBy = undefined;
      fire(run, node, timer, run.nowMs);
    }
}

function isReplaced(run: OpenRun, node: ProgramNode, key: string, name: string): boolean {
  return run.pendingTimers.some(
    (pending) => pending.node === node && pending.key === key && pending.command.timer === name,
  );
}

function fire(run: OpenRun, node: ProgramNode, timer: Timer, nowMs: number): void {
  const slot = run.state.nodes.get(node.id)?.get(timer.key);
  if (slot === undefined) return;
  const late = timer.isOverdue ? lateBy(timer, nowMs) : undefined;
  cancelTimer(run, slot, timer.name, "fired");
  visit(
    run,
    node,
    timer.name,
    undefined,
    timer.key,
    (context) => node.spec.wake?.(timer.name, node.config, context),
    late,
  );
}

function lateBy(timer: Timer, nowMs: number): Late {
  return {
    dueAt: timer.dueAt,
    by: nowMs - timer.dueAt,
    ...(timer.verifyBy !== undefined && { unverified: true as const }),
  };
}

/** Calls a node, records the step, carries out what it asked for. */
function visit(
  run: OpenRun,
  node: ProgramNode,
  input: string,
  message: Message | undefined,
  key: string,
  call: (context: NodeContext<unknown>) => Reaction<unknown> | undefined,
  late?: Late,
): Reaction<unknown> | undefined {
  if (++run.deliveries > limits.deliveriesPerRun)
    stop(
      run,
      node,
      undefined,
      new NodeError("limit.fanout", `One event reached nodes more than ${limits.deliveriesPerRun} times.`),
    );
  const step: RunStep = {
    node: node.id,
    input,
    key: node.spec.initial === undefined ? undefined : key,
    message,
    out: [],
    effects: undefined,
    why: undefined,
    error: undefined,
  };
  run.steps.push(step);
  let reaction: Reaction<unknown> | undefined;
  let slot: Slot | undefined;
  try {
    if (node.spec.initial !== undefined) slot = slotOf(run.state, node.id, key, node.spec.initial, run.nowMs);
    reaction = call(contextOf(run, node, input, key, slot, late));
  } catch (error) {
    return fail(run, node, step, message, error);
  }
  if (reaction !== undefined) react({ run, node, step, message, key, slot, late }, reaction);
  return reaction;
}

function contextOf(
  run: OpenRun,
  node: ProgramNode,
  input: string,
  key: string,
  slot: Slot | undefined,
  late: Late | undefined,
): NodeContext<unknown> {
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

interface Visit {
  readonly run: OpenRun;
  readonly node: ProgramNode;
  readonly step: RunStep;
  readonly message: Message | undefined;
  readonly key: string;
  readonly slot: Slot | undefined;
  readonly late: Late | undefined;
}

function react(visited: Visit, reaction: Reaction<unknown>): void {
  const { run, node, step, key, slot } = visited;
  step.why = reaction.why;
  if (slot !== undefined && reaction.state !== undefined && reaction.state !== slot.state) {
    if (!sizeWithin(reaction.state, limits.stateBytes))
      stop(
        run,
        node,
        step,
        new NodeError(
          "limit.state",
          `The node would keep more than ${limits.stateBytes / 1024} KiB of state for "${key}".`,
        ),
      );
    run.changes.push({ node: node.id, key, slot, before: slot.state });
    slot.state = reaction.state;
  }
  const commands = reaction.commands;
  if (commands === undefined) return;
  if (commands.length > limits.messagesPerReceive)
    stop(
      run,
      node,
      step,
      new NodeError(
        "limit.fanout",
        `The node sent ${commands.length} messages for one; at most ${limits.messagesPerReceive} are allowed.`,
      ),
    );
  for (const command of commands) obey(visited, command);
}

function obey(visited: Visit, command: Command): void {
  const { run, node, step, key, slot } = visited;
  switch (command.do) {
    case "emit":
      return send(run, node, step, command.port, outgoing(command.message, visited));
    case "wake":
    case "cancel":
      return defer(visited, command);
    case "log":
      run.logs.push({ node: node.id, level: command.level, text: command.text });
      return undefined;
    default:
      return plan(visited, command);
  }
}

function defer({ run, node, step, message, key, slot }: Visit, command: PendingTimer["command"]): void {
  if (slot === undefined) return;
  const { cause, hops } = message ?? run;
  run.pendingTimers.push({ node, key, slot, command, cause, hops });
  if (run.state.timerCount + run.pendingTimers.length > limits.timersPerFlow)
    stop(
      run,
      node,
      step,
      new NodeError("limit.timers", `The flow waits for ${run.state.timerCount} deadlines already.`),
    );
}

/** What a late deadline sends out says so, and is news even when the value it holds came as an initial one. */
function outgoing(message: Message, { late }: Visit): Message {
  if (late === undefined) return message;
  return withFacts(message.initial ? { ...message, initial: false } : message, "late", late);
}

function send(run: OpenRun, node: ProgramNode, step: RunStep, port: string, message: Message): void {
  step.out.push({ port, message });
  const targets = node.outputs.get(port);
  if (targets === undefined) return;
  for (const target of targets) deliver(run, target.node, target.input, message);
}

function plan({ run, node, step, message, key }: Visit, effect: Effect): void {
  const { cause, hops } = message ?? run;
  if (effect.do === "publish" && hops >= limits.hops)
    stop(
      run,
      node,
      step,
      new NodeError(
        "limit.hops",
        `Flows have published ${hops} times in a row because of one event, in a loop; "${effect.topic}" is not published.`,
      ),
    );
  if (run.effects.length >= limits.effectsPerRun)
    stop(
      run,
      node,
      step,
      new NodeError("limit.effects", `One event caused more than ${limits.effectsPerRun} actions.`),
    );
  if (!sizeWithin(effect, limits.effectBytes))
    stop(
      run,
      node,
      step,
      new NodeError("limit.size", `The action is larger than ${limits.effectBytes / 1024} KiB.`),
    );
  const id = `${run.id}.${node.id}.${run.effects.length}`;
  const planned = { id, node: node.id, key, effect, cause, hops: hops + 1 };
  run.effects.push(planned);
  (step.effects ??= []).push(planned);
}

/** A failed node ends its branch; the message leaves at the port `error`. A broken limit ends the run. */
function fail(
  run: OpenRun,
  node: ProgramNode,
  step: RunStep,
  message: Message | undefined,
  thrown: unknown,
): undefined {
  const error =
    thrown instanceof NodeError
      ? thrown
      : new NodeError("node.crashed", `The node failed on this message: ${String(thrown)}`, {
          cause: thrown,
        });
  if (error.code.startsWith("limit.")) stop(run, node, step, error);
  const { code, message: text } = error;
  step.error = { node: node.id, code, message: text, cause: error.cause };
  run.errors.push(step.error);
  if (message !== undefined)
    send(run, node, step, "error", withFacts(message, "error", { node: node.id, code, message: text }));
  return undefined;
}

function stop(
  run: OpenRun,
  node: ProgramNode,
  step: RunStep | undefined,
  { code, message, cause }: NodeError,
): never {
  const error = { node: node.id, code, message, cause };
  if (step !== undefined) step.error = error;
  run.errors.push(error);
  throw new StoppedRun(code);
}

function skip(run: OpenRun, node: ProgramNode, input: string, message: Message, why: string): void {
  run.steps.push({
    node: node.id,
    input,
    key: undefined,
    message,
    out: [],
    effects: undefined,
    why: () => why,
    error: undefined,
  });
}
