import { expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import { resolveWires } from "./graph.ts";
import { outlineOf } from "./outline.ts";
import { shapeOf } from "./testing/shapes.ts";

const outline = (document: FlowDocument): readonly string[] =>
  outlineOf(document, resolveWires(document, shapeOf), (id) => shapeOf(document.nodes[id]!).outputs).map(
    ({ id, depth, port, link }) =>
      `${"  ".repeat(depth)}${port ?? ""}${port ? ": " : ""}${id}${link ? " (see above)" : ""}`,
  );

test("triggers come first by position, then what they lead to, each node once", () => {
  expect(
    outline({
      millrace: 1,
      id: "f",
      name: "F",
      nodes: {
        low: { type: "trigger" },
        high: { type: "trigger" },
        judge: { type: "branch" },
        tell: { type: "action" },
      },
      wires: [
        { from: "high", to: "judge" },
        { from: "judge.no", to: "tell" },
        { from: "judge", to: "tell" },
        { from: "low", to: "judge" },
      ],
      layout: { low: [0, 300], high: [0, 0], judge: [280, 0], tell: [560, 0] },
    }),
  ).toEqual(["high", "  judge", "    yes: tell", "    no: tell (see above)", "low", "  judge (see above)"]);
});

test("nodes in a circle are shown all the same", () => {
  const circle: FlowDocument = {
    millrace: 1,
    id: "f",
    name: "F",
    nodes: { a: { type: "pass" }, b: { type: "pass" } },
    wires: [
      { from: "a", to: "b" },
      { from: "b", to: "a" },
    ],
  };
  expect(outline(circle)).toEqual(["a", "  b", "    a (see above)"]);
});
