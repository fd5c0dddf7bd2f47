import { describe, expect, test } from "vitest";
import { boundsOf, collisionBox, inPoint, nodeSize, outPoint, overlaps, snap, wirePath } from "./geometry.ts";

const plain = { inputs: ["in"], outputs: ["out"] };
const branching = { inputs: ["in"], outputs: ["above", "inside", "below"] };

describe("the size of a card", () => {
  test("follows from its ports alone and keeps to the grid", () => {
    expect(nodeSize(plain)).toEqual({ width: 208, height: 56 });
    expect(nodeSize(branching)).toEqual({ width: 240, height: 136 });
    expect(nodeSize({ inputs: ["raise", "clear"], outputs: ["out"] })).toEqual({ width: 208, height: 112 });
    for (const shape of [plain, branching]) expect(nodeSize(shape).height % 8).toBe(0);
  });

  test("puts a lone port beside the header and several below it", () => {
    const at = { x: 100, y: 200 };
    expect(outPoint(at, plain, "out")).toEqual({ x: 308, y: 228 });
    expect(inPoint(at, branching, "in")).toEqual({ x: 100, y: 228 });
    expect(outPoint(at, branching, "above")).toEqual({ x: 340, y: 268 });
    expect(outPoint(at, branching, "below")).toEqual({ x: 340, y: 316 });
  });

  test("gives a port for failures a row of its own and leaves the main one in the header", () => {
    const acting = { inputs: ["in"], outputs: ["out", "error"] };
    expect(nodeSize(acting)).toEqual({ width: 208, height: 80 });
    expect(outPoint({ x: 0, y: 0 }, acting, "out")).toEqual({ x: 208, y: 28 });
    expect(outPoint({ x: 0, y: 0 }, acting, "error")).toEqual({ x: 208, y: 68 });
  });

  test("keeps a wire of a port that is gone in sight", () => {
    expect(outPoint({ x: 0, y: 0 }, branching, "gone")).toEqual(outPoint({ x: 0, y: 0 }, branching, "below"));
  });
});

test("a wire has handles between 36 and 160, and one that leads back stays below the cards", () => {
  expect(wirePath({ x: 0, y: 0 }, { x: 40, y: 10 })).toBe("M0 0C36 0 4 10 40 10");
  expect(wirePath({ x: 0, y: 0 }, { x: 900, y: 10 })).toBe("M0 0C160 0 740 10 900 10");
  expect(wirePath({ x: 300, y: 28 }, { x: 0, y: 28 }, 120)).toContain("Q324 160 312 160");
});

test("boxes overlap only where they share area", () => {
  const box = { x: 0, y: 0, width: 10, height: 10 };
  expect(overlaps(box, { ...box, x: 10 })).toBe(false);
  expect(overlaps(box, { ...box, x: 9 })).toBe(true);
  expect(collisionBox(box)).toEqual({ x: -16, y: -16, width: 42, height: 66 });
  expect(boundsOf([box, { ...box, x: 20, y: -5 }])).toEqual({ x: 0, y: -5, width: 30, height: 15 });
  expect(boundsOf([])).toBeUndefined();
  expect(snap({ x: 13, y: -3 })).toEqual({ x: 16, y: -0 });
});
