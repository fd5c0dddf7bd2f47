import { type ErrorCode, NodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Message, withFacts } from "../message.ts";
import type { Command, Effect, Late, Reaction } from "../node.ts";
import { type OpenRun, deferTimer, stopRun } from "./openRun.ts";
import type { ProgramNode } from "./program.ts";
import type { RunStep } from "./runTypes.ts";
import { sizeWithin } from "./size.ts";
import type { Slot } from "./state.ts";

/** One call of a node within a run. */
export interface Visit {
  readonly run: OpenRun;
  readonly node: ProgramNode;
  readonly step: RunStep;
  readonly message: Message | undefined;
  readonly key: string;
  /** Where its state is; absent for a node without state. */
  slot: Slot | undefined;
  readonly late: Late | undefined;
  readonly deliver: (run: OpenRun, node: ProgramNode, input: string, message: Message) => void;
}

/** Carries out what a node decided: state first, then its commands in order. */
export function react(visit: Visit, { why, state, commands }: Reaction<unknown>): void {
  if (why !== undefined) visit.step.why = why;
  if (state !== undefined) changeState(visit, state);
  if (commands === undefined) return;
  if (commands.length > limits.messagesPerReceive)
    stop(
      visit,
      "limit.fanout",
      `The node sent ${commands.length} messages for one; at most ${limits.messagesPerReceive} are allowed.`,
    );
  for (const command of commands) obey(visit, command);
}

function changeState(visit: Visit, state: unknown): void {
  const { run, node, key, slot } = visit;
  if (slot === undefined || state === slot.state) return;
  if (!sizeWithin(state, limits.stateBytes))
    stop(
      visit,
      "limit.state",
      `The node would keep more than ${limits.stateBytes / 1024} KiB of state for "${key}".`,
    );
  run.changes.push({ node: node.id, key, slot, before: slot.state });
  slot.state = state;
}

function obey(visit: Visit, command: Command): void {
  switch (command.do) {
    case "emit":
      if (command.port === "error") noteError(visit, command.message);
      return send(visit, command.port, command.message);
    case "wake":
    case "cancel":
      return defer(visit, command);
    case "log":
      visit.run.logs.push({ node: visit.node.id, level: command.level, text: command.text });
      return undefined;
    case "publish":
    case "notify":
    case "http":
      return plan(visit, command);
  }
}

/** A node that sends a message to its port `error` has failed on it, as one that throws has. */
function noteError({ run, node, step }: Visit, { facts }: Message): void {
  if (step.error !== undefined) return;
  const { code, message } = (facts["error"] ?? {}) as { readonly code?: string; readonly message?: string };
  step.error = {
    node: node.id,
    code: code ?? "effect.failed",
    message: message ?? "The node failed.",
    cause: undefined,
  };
  run.errors.push(step.error);
}

function send({ run, node, step, late, deliver }: Visit, port: string, message: Message): void {
  const sent = late === undefined ? message : lateNews(message, late);
  step.out.push({ port, message: sent });
  const targets = node.outputs.get(port);
  if (targets === undefined) return;
  for (const target of targets) deliver(run, target.node, target.input, sent);
}

/** What a late deadline sends out says so, and is news even when the value it holds came as an initial one. */
function lateNews(message: Message, late: Late): Message {
  return withFacts(message.initial ? { ...message, initial: false } : message, "late", late);
}

function defer(
  { run, node, step, message, key, slot }: Visit,
  command: Command & { do: "wake" | "cancel" },
): void {
  if (slot === undefined) return;
  const { cause, hops } = message ?? run;
  deferTimer(run, { node, key, slot, command, cause, hops }, step);
}

function plan(visit: Visit, effect: Effect): void {
  const { run, node, step, message, key } = visit;
  const { cause, hops } = message ?? run;
  if (effect.do === "publish" && hops >= limits.hops)
    stop(
      visit,
      "limit.hops",
      `Flows have published ${hops} times in a row because of one event, in a loop; "${effect.topic}" is not published.`,
    );
  if (run.effects.length >= limits.effectsPerRun)
    stop(visit, "limit.effects", `One event caused more than ${limits.effectsPerRun} actions.`);
  if (!sizeWithin(effect, limits.effectBytes))
    stop(visit, "limit.size", `The action is larger than ${limits.effectBytes / 1024} KiB.`);
  const id = `${run.id}.${node.id}.${run.effects.length}`;
  const planned = { id, node: node.id, key, effect, cause, hops: hops + 1 };
  run.effects.push(planned);
  (step.effects ??= []).push(planned);
}

function stop({ run, node, step }: Visit, code: ErrorCode, message: string): never {
  stopRun(run, node, new NodeError(code, message), step);
}
