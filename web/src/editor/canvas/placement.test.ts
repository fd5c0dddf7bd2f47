import fc from "fast-check";
import { expect, test } from "vitest";
import { collisionBox, overlaps } from "./geometry.ts";
import { freePlace, placeAfter } from "./placement.ts";

const size = { width: 208, height: 56 };

test("a free place is taken as it is, on the grid", () => {
  expect(freePlace({ x: 101, y: 99 }, size, [])).toEqual({ x: 104, y: 96 });
});

test("a drop never overlaps", () => {
  const places = fc.array(
    fc.record({ x: fc.integer({ min: 0, max: 600 }), y: fc.integer({ min: 0, max: 400 }) }),
    {
      maxLength: 12,
    },
  );
  fc.assert(
    fc.property(places, ([first = { x: 0, y: 0 }, ...rest]) => {
      const taken = rest.map((at) => ({ ...at, ...size }));
      const at = freePlace(first, size, taken);
      expect(taken.some((box) => overlaps(collisionBox(box), { ...at, ...size }))).toBe(false);
    }),
  );
});

test("the next node stands to the right", () => {
  expect(placeAfter({ x: 80, y: 120, ...size })).toEqual({ x: 360, y: 120 });
});
