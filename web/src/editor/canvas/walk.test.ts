import { describe, expect, test } from "vitest";
import { neighbour, successor } from "./walk.ts";

const wire = (from: string, to: string, index: number) => ({
  key: `${from}>${to}`,
  index,
  from,
  fromPort: "out",
  to,
  toPort: "in",
});
const graph = {
  wires: [wire("a", "b", 0), wire("a", "c", 1), wire("b", "d", 2)],
  places: new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 280, y: 0 }],
    ["c", { x: 280, y: 120 }],
    ["d", { x: 560, y: 0 }],
    ["e", { x: 0, y: 300 }],
  ]),
};

describe("arrow keys", () => {
  test("left and right follow the wires, nearest first", () => {
    expect(neighbour("a", "right", graph)).toBe("b");
    expect(neighbour("d", "left", graph)).toBe("b");
    expect(neighbour("d", "right", graph)).toBeUndefined();
  });

  test("up and down go to the nearest node, keeping the column", () => {
    expect(neighbour("b", "down", graph)).toBe("c");
    expect(neighbour("a", "down", graph)).toBe("e");
    expect(neighbour("e", "up", graph)).toBe("a");
    expect(neighbour("a", "up", graph)).toBeUndefined();
  });
});

test("the focus of a removed node goes upstream, then downstream, then to whatever is near", () => {
  expect(successor(new Set(["b"]), "b", graph)).toBe("a");
  expect(successor(new Set(["a"]), "a", graph)).toBe("b");
  expect(successor(new Set(["e"]), "e", graph)).toBe("a");
  expect(successor(new Set(["a", "b", "c", "d", "e"]), "a", graph)).toBeUndefined();
});
