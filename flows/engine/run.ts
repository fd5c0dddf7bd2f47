import type { Message } from "../message.ts";
import type { EffectResult, FlowEvent } from "../node.ts";
import { openRun, perform } from "./openRun.ts";
import type { ProgramNode } from "./program.ts";
import type { Run, RunInput } from "./runTypes.ts";
import type { Timer } from "./state.ts";
import { deliver, fire, visit } from "./visit.ts";

export { runIdOf } from "./openRun.ts";
export type * from "./runTypes.ts";

/** Runs the trigger nodes that listen to an event. */
export function runEvent(input: RunInput, event: FlowEvent, triggers: readonly ProgramNode[]): Run {
  const cause = event.type === "topic" ? event.cause : undefined;
  const run = openRun(input, cause ?? input.eventId, event.type === "topic" ? event.hops : 0);
  return perform(run, () => {
    for (const node of triggers) {
      const key = node.spec.eventKey?.(event, node.config) ?? "*";
      visit(run, { node, input: event.type, message: undefined, key, late: undefined }, (context) =>
        node.spec.on?.(event, node.config, context),
      );
    }
  });
}

/** Hands one message to one node, as examples and previews do. */
export function runMessage(
  input: RunInput,
  at: { readonly node: string; readonly port: string },
  message: Message,
): Run {
  const run = openRun(input, message.cause, message.hops);
  return perform(run, () => {
    const node = input.program.nodes.get(at.node);
    if (node !== undefined) deliver(run, node, at.port, message);
  });
}

/** Fires a timer that the agenda gave out. */
export function runTimer(input: RunInput, timer: Timer): Run {
  const run = openRun(input, timer.cause, timer.hops);
  return perform(run, () => {
    const node = input.program.nodes.get(timer.node);
    if (node !== undefined) fire(run, node, timer);
  });
}

/** Tells a node how an effect ended that it waits for. */
export function runResult(
  input: RunInput,
  at: { readonly node: string; readonly key: string },
  result: EffectResult,
): Run {
  const run = openRun(input, input.eventId, 0);
  return perform(run, () => {
    const node = input.program.nodes.get(at.node);
    if (node?.spec.result !== undefined)
      visit(run, { node, input: "result", message: undefined, key: at.key, late: undefined }, (context) =>
        node.spec.result?.(result, node.config, context),
      );
  });
}
