import { describe, expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import { copyNodes, pasteFragment, readFragment } from "./clipboard.ts";

const flow: FlowDocument = {
  millrace: 1,
  id: "f",
  name: "F",
  nodes: { a: { type: "trigger" }, b: { type: "branch" }, c: { type: "action", config: { text: "x" } } },
  wires: [
    { from: "a", to: "b" },
    { from: "b.no", to: "c" },
  ],
  layout: { a: [0, 0], b: [280, 40], c: [560, 40] },
};

test("a copy holds the chosen nodes and only the wires among them", () => {
  expect(copyNodes(flow, new Set(["b", "c"]))).toEqual({
    millrace: 1,
    nodes: { b: { type: "branch" }, c: { type: "action", config: { text: "x" } } },
    wires: [{ from: "b.no", to: "c" }],
    layout: { b: [280, 40], c: [560, 40] },
  });
});

describe("a paste", () => {
  const copied = readFragment(JSON.stringify(copyNodes(flow, new Set(["b", "c"]))));
  const fragment = "fragment" in copied ? copied.fragment : undefined;

  test("gets new ids, keeps its wires and its shape", () => {
    expect(fragment).toBeDefined();
    const { document, ids } = pasteFragment(flow, fragment!, { x: 100, y: 200 });
    expect([...ids]).toEqual(["b-2", "c-2"]);
    expect(document.wires.at(-1)).toEqual({ from: "b-2.no", to: "c-2" });
    expect(document.layout).toMatchObject({ "b-2": [104, 200], "c-2": [384, 200] });
  });

  test("without a pointer stands beside the original", () => {
    const { document } = pasteFragment(flow, fragment!);
    expect(document.layout?.["b-2"]).toEqual([320, 80]);
  });
});

test("a whole flow can be pasted, and anything else is refused with a reason", () => {
  expect(readFragment(JSON.stringify(flow))).toHaveProperty("fragment");
  expect(readFragment("hello")).toEqual({ problem: "The clipboard holds no part of a flow." });
  expect(readFragment("{}")).toHaveProperty("problem");
  expect(readFragment('{"millrace":1,"nodes":{"a":{}}}')).toEqual({
    problem: "In the clipboard, the node “a” has no type.",
  });
});
