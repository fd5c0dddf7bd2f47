import { describe, expect, test } from "vitest";
import { text } from "../fields.ts";
import { key } from "../expressions.ts";
import { limits } from "../limits.ts";
import { createMessage, withPayload } from "../message.ts";
import { type AnyNode, defineNode, emit, wake } from "../node.ts";
import { createVirtualHub } from "../testing/virtualHub.ts";
import { compileFlow } from "./program.ts";
import type { Run } from "./run.ts";

const source = defineNode({
  type: "source",
  title: "Source",
  summary: "Starts runs.",
  group: "trigger",
  icon: "play",
  fields: {},
  ports: ["out"],
  sentence: () => "starts",
  listens: () => [{ on: "inject" }],
  on: (event, _config, { eventId, nowMs }) => ({
    commands: [
      emit(
        "out",
        createMessage({
          topic: "t",
          payload: event.type === "inject" ? event.payload : 0,
          seenAt: nowMs,
          id: eventId,
        }),
      ),
    ],
  }),
  examples: [],
});

/** Repeats each message as often as its payload says. */
const repeat = defineNode({
  type: "repeat",
  title: "Repeat",
  summary: "Repeats messages.",
  group: "logic",
  icon: "copy",
  fields: {},
  ports: ["out"],
  sentence: () => "repeats",
  receive: (message) => ({
    commands: Array.from({ length: Number(message.payload) }, () => emit("out", message)),
  }),
  examples: [],
});

const tell = defineNode({
  type: "tell",
  title: "Tell",
  summary: "Publishes.",
  group: "action",
  icon: "send",
  fields: { topic: text("Topic", { default: "out" }) },
  ports: ["out"],
  fails: true,
  sentence: () => "publishes",
  receive: (message, { topic }) => ({
    commands: [
      { do: "publish", topic, payload: message.payload, qos: 0, retain: false },
      emit("out", message),
    ],
  }),
  examples: [],
});

const count = defineNode({
  type: "count",
  title: "Count",
  summary: "Counts messages for each key.",
  group: "logic",
  icon: "hash",
  fields: { key: key() },
  ports: ["out"],
  sentence: () => "counts",
  initial: () => ({ count: 0 }),
  receive: (message, _config, { state, nowMs }) => ({
    state: { count: state.count + 1 },
    commands: [emit("out", withPayload(message, state.count + 1)), wake("later", nowMs + 60_000)],
  }),
  wake: () => ({ state: { count: 0 } }),
  examples: [],
});

const crash = defineNode({
  type: "crash",
  title: "Crash",
  summary: "Fails.",
  group: "logic",
  icon: "bomb",
  fields: {},
  ports: ["out"],
  sentence: () => "fails",
  receive: () => {
    throw new TypeError("no such thing");
  },
  examples: [],
});

const specs: readonly AnyNode[] = [source, repeat, tell, count, crash];

describe("a run", () => {
  test("goes depth first, in the order of the wires", () => {
    const { runs, inject } = hubOf({ a: "source", b: "repeat", c: "repeat", d: "tell" }, [
      "a b",
      "a d",
      "b c",
    ]);
    inject(1);
    expect(runs[0]?.steps.map(({ node }) => node)).toEqual(["a", "b", "c", "d"]);
  });

  test("gives run and effect ids that follow from the event alone", () => {
    const { runs, inject } = hubOf({ a: "source", d: "tell", e: "tell" }, ["a d", "a e"]);
    inject(1);
    expect(runs[0]?.id).toBe("e1-f");
    expect(runs[0]?.effects.map(({ id }) => id)).toEqual(["e1-f.d.0", "e1-f.e.1"]);
  });

  test("keeps going in other branches when one fails, and sends the message to the error port", () => {
    const { runs, inject } = hubOf({ a: "source", x: "crash", d: "tell", e: "tell" }, ["a x", "a d"]);
    inject(1);
    expect(runs[0]?.outcome).toBe("failed");
    expect(runs[0]?.errors).toMatchObject([
      { node: "x", code: "node.crashed", cause: expect.any(TypeError) as unknown },
    ]);
    expect(runs[0]?.effects).toHaveLength(1);
  });

  test("at its limit of effects passes; one more takes back every change and effect", () => {
    const { runs, inject } = hubOf({ a: "source", c: "count", b: "repeat", d: "tell" }, [
      "a c",
      "a b",
      "b d",
    ]);
    inject(limits.effectsPerRun);
    expect(runs[0]).toMatchObject({ outcome: "ok", effects: { length: limits.effectsPerRun } });
    inject(limits.effectsPerRun + 1);
    expect(runs[1]).toMatchObject({ outcome: "stopped", effects: [], changes: [], timers: [] });
    expect(runs[1]?.errors).toMatchObject([{ code: "limit.effects", node: "d" }]);
    inject(1);
    expect(outputs(runs[2], "c")).toEqual([2]);
  });

  test("may deliver a thousand messages and not one more", () => {
    const { runs, inject } = hubOf({ a: "source", b: "repeat", c: "count" }, ["a b", "b c"]);
    inject(limits.deliveriesPerRun - 2);
    expect(runs[0]?.outcome).toBe("ok");
    inject(limits.deliveriesPerRun - 1);
    expect(runs[1]?.errors).toMatchObject([{ code: "limit.fanout" }]);
    expect(outputs(runs[1], "c").length).toBeGreaterThan(0);
  });

  test("passes a disabled node by", () => {
    const { runs, inject } = hubOf({ a: "source", d: { type: "tell", disabled: true } }, ["a d"]);
    inject(1);
    expect(runs[0]).toMatchObject({ outcome: "ok", effects: [] });
  });

  test("does not act on an initial value", () => {
    const { runs, hub } = hubOf({ a: "source", d: "tell" }, ["a d"]);
    hub.hand("d", "in", createMessage({ topic: "t", payload: 1, seenAt: 0, id: "m", initial: true }));
    expect(runs[0]?.effects).toEqual([]);
    expect(runs[0]?.steps[0]?.why?.()).toContain("initial");
  });
});

describe("state", () => {
  test("is kept apart for each key and survives a restart, timers included", () => {
    const { runs, hub } = hubOf({ a: "source", c: "count" }, ["a c"]);
    const send = (topic: string) =>
      hub.hand("c", "in", createMessage({ topic, payload: 0, seenAt: hub.now(), id: "m" }));
    send("x");
    send("y");
    send("x");
    hub.restart(hub.now() + 1_000);
    send("x");
    expect(runs.map((run) => outputs(run, "c")).filter((out) => out.length > 0)).toEqual([
      [1],
      [1],
      [2],
      [3],
    ]);
    expect(hub.nextAt()).toBe(60_000);
  });

  test("of an overdue deadline is confirmed by the next message of its key and then fires late", () => {
    const { runs, hub } = hubOf({ a: "source", c: "count" }, ["a c"]);
    hub.hand("c", "in", createMessage({ topic: "x", payload: 0, seenAt: 0, id: "m" }));
    hub.restart(70_000);
    expect(runs).toHaveLength(1);
    hub.advanceTo(70_000 + limits.verifyWithinMs - 1);
    expect(runs).toHaveLength(1);
    hub.advanceTo(70_000 + limits.verifyWithinMs);
    expect(runs).toHaveLength(2);
    expect(runs[1]?.timers[0]?.how).toBe("fired");
  });
});

function outputs(run: Run | undefined, node: string): unknown[] {
  return (run?.steps ?? [])
    .filter((step) => step.node === node)
    .flatMap(({ out }) => out.map(({ message }) => message.payload));
}

function hubOf(
  nodes: Record<string, string | { type: string; disabled?: boolean }>,
  wires: readonly string[],
) {
  const document = {
    millrace: 1,
    id: "f",
    name: "F",
    nodes: Object.fromEntries(
      Object.entries(nodes).map(([id, node]) => [id, typeof node === "string" ? { type: node } : node]),
    ),
    wires: wires.map((wire) => ({ from: wire.split(" ")[0], to: wire.split(" ")[1] })),
  };
  const { program, problems } = compileFlow(document, specs);
  if (program === undefined) throw new Error(problems.map(({ message }) => message).join(" "));
  const runs: Run[] = [];
  const hub = createVirtualHub({ program, startMs: 0, zone: "UTC", onRun: (run) => runs.push(run) });
  const inject = (payload: number) => hub.event({ type: "inject", payload });
  return { runs, hub, inject };
}
