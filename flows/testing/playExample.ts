import { compileFlow } from "../engine/program.ts";
import type { Run } from "../engine/run.ts";
import { createMessage } from "../message.ts";
import type { AnyNode, ExampleEvent, PresenceEvent, Step } from "../node.ts";
import type { Problem } from "../problem.ts";
import { contains, isEqual } from "./equal.ts";
import { presenceEvent } from "./playEvents.ts";
import { type VirtualHub, createVirtualHub } from "./virtualHub.ts";

/** What came out of a step: `[port, payload]` for a message, an object for an effect or a log line. */
export type Given = readonly [string, unknown] | Readonly<Record<string, unknown>>;

const START = "2026-01-01T00:00:00Z";

/**
 * Plays an example of a node on a virtual clock and says what came out of each step: effects and log lines first,
 * then messages. The docs, the editor and the tests share it.
 */
export function playExample(
  spec: AnyNode,
  example: AnyNode["examples"][number],
): { readonly given: readonly (readonly Given[])[]; readonly problems: readonly Problem[] } {
  const document = {
    millrace: 1,
    id: "example",
    name: "Example",
    nodes: { node: { type: spec.type, config: example.config as Record<string, unknown> } },
    wires: [],
  };
  const { program, problems } = compileFlow(document, [spec]);
  if (program === undefined) return { given: [], problems };
  const startMs = Date.parse(example.startsAt ?? START);
  let given: Given[] = [];
  const hub = createVirtualHub({
    program,
    startMs,
    zone: example.zone ?? "UTC",
    onRun: (run) => given.push(...outcome(run)),
  });
  const all = example.steps.map((step, index) => {
    given = [];
    const atMs = startMs + (step.atMs ?? hub.now() - startMs);
    if (example.steps[index - 1]?.down === true) hub.restart(atMs);
    else hub.advanceTo(atMs);
    act(hub, spec, step);
    return given;
  });
  return { given: all, problems };
}

/** The differences between what an example promises and what came; none when it holds. */
export function exampleDifferences(spec: AnyNode, example: AnyNode["examples"][number]): string[] {
  const { given, problems } = playExample(spec, example);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) return errors.map(({ message }) => message);
  return example.steps.flatMap((step, index) => {
    const came = given[index] ?? [];
    const isAsPromised =
      came.length === step.gives.length &&
      step.gives.every((promised, place) => isMatch(came[place], promised));
    return isAsPromised
      ? []
      : [`Step ${index + 1}: promised ${JSON.stringify(step.gives)}, came ${JSON.stringify(came)}`];
  });
}

function isMatch(came: Given | undefined, promised: Step["gives"][number]): boolean {
  return Array.isArray(promised) ? isEqual(came, promised) : contains(came, promised);
}

function act(hub: VirtualHub, spec: AnyNode, step: Step): void {
  if (step.event !== undefined) return happen(hub, step.event, step.key ?? "*");
  if (!("payload" in step)) return;
  const message = createMessage({
    topic: step.topic ?? "example",
    payload: step.payload,
    seenAt: hub.now(),
    id: `m${hub.now()}`,
    key: step.key,
    initial: step.initial ?? false,
  });
  hub.hand("node", step.input ?? spec.inputs?.[0] ?? "in", message);
}

function happen(hub: VirtualHub, event: ExampleEvent, key: string): void {
  switch (event.type) {
    case "topic":
      return hub.publish(event);
    case "presence": {
      const { device, event: transition, type: _type, ...more } = event;
      const full: PresenceEvent = { ...presenceEvent(device, transition, hub.now()), ...more };
      return hub.event(full);
    }
    case "result": {
      const { type: _type, ...result } = event;
      return hub.result("node", key, { effect: "effect", ref: "1", ...result });
    }
    case "inject":
    case "start":
    case "deploy":
      return hub.event(event);
  }
}

function outcome(run: Run): Given[] {
  return run.steps.flatMap((step): Given[] => [
    ...(step.effects ?? []).map(({ effect }) => effect as Given),
    ...run.logs.filter(({ node }) => node === step.node).map((line) => ({ do: "log", ...line })),
    ...step.out.map(({ port, message }): Given => [port, message.payload]),
  ]);
}
