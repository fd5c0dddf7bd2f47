import { expect, test } from "vitest";
import { areaFor, wireInArea } from "./culling.ts";

const visible = { x: 0, y: 0, width: 100, height: 100 };

test("the drawn area is kept while the view stays inside it", () => {
  const area = areaFor(visible, undefined);
  expect(area).toEqual({ x: -50, y: -50, width: 200, height: 200 });
  expect(areaFor({ ...visible, x: 50 }, area)).toBe(area);
  expect(areaFor({ ...visible, x: 51 }, area)).not.toBe(area);
});

test("an area far larger than the view is given up", () => {
  const area = areaFor(visible, undefined);
  expect(areaFor({ x: 0, y: 0, width: 60, height: 60 }, area)).not.toBe(area);
});

test("a wire that crosses the area is drawn even if both its ends lie outside", () => {
  const left = { x: -500, y: 0, width: 10, height: 10 };
  const right = { x: 500, y: 0, width: 10, height: 10 };
  expect(wireInArea(left, right, visible)).toBe(true);
  expect(wireInArea(right, { ...right, x: 700 }, visible)).toBe(false);
});
