import { expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import { nodeBox, overlaps } from "./canvas/geometry.ts";
import { resolveWires } from "./graph.ts";
import { shapeOf } from "./testing/shapes.ts";
import { tidy } from "./tidy.ts";

const tidied = (document: FlowDocument) =>
  tidy(document, resolveWires(document, shapeOf), (id) => shapeOf(document.nodes[id]!));

const flow: FlowDocument = {
  millrace: 1,
  id: "f",
  name: "F",
  nodes: { a: { type: "trigger" }, b: { type: "branch" }, c: { type: "action" }, d: { type: "action" } },
  wires: [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "b.no", to: "d" },
    { from: "a", to: "d" },
  ],
};

test("nodes stand in columns along the wires and never on each other", () => {
  const places = tidied(flow);
  expect([...places].map(([id, { x }]) => [id, x])).toEqual([
    ["a", 80],
    ["b", 360],
    ["c", 672],
    ["d", 672],
  ]);
  const boxes = [...places].map(([id, at]) => nodeBox(at, shapeOf(flow.nodes[id]!)));
  for (const [index, box] of boxes.entries())
    expect(boxes.slice(index + 1).some((other) => overlaps(box, other))).toBe(false);
});

test("a circle does not hang it", () => {
  const circle = { ...flow, wires: [...flow.wires, { from: "d", to: "b" }] };
  expect(tidied(circle).size).toBe(4);
});
