import { describe, expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import {
  addNode,
  connect,
  disconnect,
  moveNodes,
  patchNode,
  removeNodes,
  setSetting,
  splice,
} from "./edits.ts";
import { ends } from "./graph.ts";
import { shapeOf } from "./testing/shapes.ts";

const flow: FlowDocument = {
  millrace: 1,
  id: "test",
  name: "Test",
  nodes: {
    source: { type: "trigger" },
    judge: { type: "branch", config: { limit: 3 } },
    tell: { type: "action", name: "Tell them" },
  },
  wires: [
    { from: "source", to: "judge" },
    { from: "judge.no", to: "tell" },
  ],
  layout: { source: [0, 0], judge: [280, 0], tell: [560, 0] },
};

const connected = (result: ReturnType<typeof connect>): FlowDocument => {
  if ("refusal" in result) throw new Error(result.refusal);
  return result.document;
};

test("a new node gets a readable id that is free, and a place on the grid", () => {
  const { id, document } = addNode(flow, { type: "action" }, "Tell", { x: 13, y: 5 });
  expect(id).toBe("tell-2");
  expect(document.layout?.["tell-2"]).toEqual([16, 8]);
  expect(document.nodes["tell"]).toBe(flow.nodes["tell"]);
});

test("a setting that is taken away leaves no trace", () => {
  const set = setSetting(flow, "source", "topic", "a/b");
  expect(set.nodes["source"]).toEqual({ type: "trigger", config: { topic: "a/b" } });
  expect(setSetting(set, "source", "topic", undefined).nodes["source"]).toEqual({ type: "trigger" });
  expect(patchNode(flow, "tell", { name: undefined }).nodes["tell"]).toEqual({ type: "action" });
  expect(patchNode(flow, "nobody", { name: "x" })).toBe(flow);
});

test("moving snaps to the grid and leaves the logic alone", () => {
  const moved = moveNodes(flow, new Map([["tell", { x: 601, y: 43 }]]));
  expect(moved.layout).toEqual({ source: [0, 0], judge: [280, 0], tell: [600, 40] });
  expect(moved.nodes).toBe(flow.nodes);
});

describe("wires", () => {
  test("are stored in their short form", () => {
    const first = connected(connect(flow, ends("judge", "yes", "tell", "in"), shapeOf));
    expect(first.wires.at(-1)).toEqual({ from: "judge", to: "tell" });
    const other = connected(connect(flow, ends("source", "out", "tell", "in"), shapeOf));
    expect(other.wires.at(-1)).toEqual({ from: "source", to: "tell" });
  });

  test("are refused with a reason where they make no sense", () => {
    const refusal = (...wire: Parameters<typeof ends>): unknown => connect(flow, ends(...wire), shapeOf);
    expect(refusal("judge", "no", "tell", "in")).toEqual({ refusal: "These two are connected already." });
    expect(refusal("judge", "yes", "judge", "in")).toEqual({ refusal: "A node cannot lead to itself." });
    expect(refusal("judge", "yes", "source", "in")).toMatchObject({
      refusal: expect.stringContaining("trigger"),
    });
    expect(refusal("tell", "out", "judge", "in")).toEqual({
      refusal: "“judge” already leads to “Tell them”; this wire would close a circle.",
    });
  });

  test("are cut by their key, whichever way they are written", () => {
    const cut = disconnect(flow, new Set(["source.out>judge.in"]), shapeOf);
    expect(cut.wires).toEqual([{ from: "judge.no", to: "tell" }]);
    expect(disconnect(flow, new Set(["no such"]), shapeOf)).toBe(flow);
  });

  test("heal when a node in the middle is removed, and only then", () => {
    const healed = removeNodes(flow, new Set(["judge"]), shapeOf);
    expect(healed.wires).toEqual([{ from: "source", to: "tell" }]);
    expect(healed.layout).toEqual({ source: [0, 0], tell: [560, 0] });
    const both = connected(connect(flow, ends("judge", "yes", "tell", "in"), shapeOf));
    expect(removeNodes(both, new Set(["judge"]), shapeOf).wires).toEqual([]);
    expect(removeNodes(flow, new Set(["judge", "tell"]), shapeOf).wires).toEqual([]);
  });

  test("take a node in between", () => {
    const { document, id } = addNode(flow, { type: "pass" }, "Slow down", { x: 0, y: 200 });
    const spliced = splice(document, "judge.no>tell.in", id, shapeOf);
    expect(spliced.wires).toEqual([
      { from: "source", to: "judge" },
      { from: "judge.no", to: "slow-down" },
      { from: "slow-down", to: "tell" },
    ]);
  });
});
