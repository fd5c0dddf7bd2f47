import { expect, test } from "vitest";
import { distanceToWire } from "./wireHit.ts";

test("a point on the wire is near, one beside it is as far as it looks", () => {
  const [from, to] = [
    { x: 0, y: 0 },
    { x: 200, y: 0 },
  ];
  expect(distanceToWire({ x: 100, y: 0 }, from, to)).toBeLessThan(5);
  expect(distanceToWire({ x: 100, y: 40 }, from, to)).toBeCloseTo(40, 0);
  expect(distanceToWire({ x: 400, y: 0 }, from, to)).toBeCloseTo(200, 0);
});
