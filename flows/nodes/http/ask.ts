import { formatDuration } from "../../logic/duration.ts";
import { type Message, withFacts, withPayload } from "../../message.ts";
import { type EffectResult, type NodeContext, type Reaction, cancel, emit, wake } from "../../node.ts";
import type { HttpEffect, RequestConfig } from "./request.ts";

/** Requests that wait for their reply, oldest first. */
export interface AskState {
  /** Questions so far: each gets a name of its own, so that a late reply finds nobody. */
  readonly asked: number;
  readonly waiting: readonly Waiting[];
}

interface Waiting {
  /** Also the name of its timer. */
  readonly id: number;
  readonly message: Message;
}

type AskReaction = Reaction<AskState, "out" | "reply">;

/** Asks, and remembers the message until the reply or the time limit comes. */
export function askedFor(
  message: Message,
  effect: HttpEffect,
  { state, nowMs }: NodeContext<AskState>,
): AskReaction {
  const id = state.asked + 1;
  return {
    state: { asked: id, waiting: [...state.waiting, { id, message }] },
    commands: [{ ...effect, ref: String(id) }, wake(String(id), nowMs + effect.timeoutMs)],
    why: () => `Asked ${effect.url}; waits for the reply, at most ${formatDuration(effect.timeoutMs)}.`,
  };
}

/** The request has ended. A reply after the time limit changes nothing. */
export function takeResult(
  result: EffectResult,
  _config: RequestConfig,
  { state, nodeId }: NodeContext<AskState>,
): AskReaction {
  const found = state.waiting.find(({ id }) => String(id) === result.ref);
  if (found === undefined) return { why: () => "A late reply: nobody waits for it any more." };
  const { status, body, ok, error = `the answer was status ${status}` } = result;
  const rest = { ...state, waiting: state.waiting.filter((other) => other !== found) };
  const stop = cancel(String(found.id));
  if (ok)
    return {
      state: rest,
      commands: [stop, emit("reply", withPayload(found.message, { status, body }))],
      why: () => `The reply came, with status ${status}.`,
    };
  const answer = status === undefined ? found.message : withFacts(found.message, "http", { status, body });
  return {
    state: rest,
    commands: [stop, emit("error", failed(answer, nodeId, error))],
    why: () => `The request failed: ${error}.`,
  };
}

/** The time limit has passed, maybe while the hub was down. */
export function timeOut(
  timer: string,
  { timeout }: RequestConfig,
  { state, nodeId, late }: NodeContext<AskState>,
): AskReaction {
  const found = state.waiting.find(({ id }) => String(id) === timer);
  if (found === undefined) return {};
  const reason =
    late === undefined
      ? `no reply came within ${formatDuration(timeout)}`
      : "the hub restarted while it waited for the reply";
  return {
    state: { ...state, waiting: state.waiting.filter((other) => other !== found) },
    commands: [emit("error", failed(found.message, nodeId, reason))],
    why: () => `Given up: ${reason}.`,
  };
}

function failed(message: Message, node: string, reason: string): Message {
  return withFacts(message, "error", {
    node,
    code: "effect.failed",
    message: `The request failed: ${reason}.`,
  });
}
