import { describe, expect, test } from "vitest";
import { fit, isFar, panBy, pinch, reveal, toFlow, toScreen, visibleBox, zoomAt } from "./viewport.ts";

const view = { x: 40, y: -10, zoom: 0.5 };
const size = { width: 800, height: 600 };

test("screen and flow points translate into each other", () => {
  expect(toScreen(view, toFlow(view, { x: 123, y: 45 }))).toEqual({ x: 123, y: 45 });
});

describe("zooming", () => {
  test("keeps the point under the pointer", () => {
    const at = { x: 300, y: 200 };
    expect(toFlow(zoomAt(view, at, 1.7), at)).toEqual(toFlow(view, at));
  });

  test("stops at the limits", () => {
    expect(zoomAt(view, { x: 0, y: 0 }, 100).zoom).toBe(2);
    expect(zoomAt(view, { x: 0, y: 0 }, 0.001).zoom).toBe(0.1);
  });

  test("with two fingers keeps both points under them", () => {
    const before = [
      { x: 100, y: 100 },
      { x: 200, y: 100 },
    ] as const;
    const after = [
      { x: 80, y: 160 },
      { x: 280, y: 160 },
    ] as const;
    const next = pinch(view, before, after);
    expect(next.zoom).toBe(1);
    for (const finger of [0, 1] as const) {
      const there = toScreen(next, toFlow(view, before[finger]));
      expect(there.x).toBeCloseTo(after[finger].x);
      expect(there.y).toBeCloseTo(after[finger].y);
    }
  });

  test("switches to painting and back with a gap between", () => {
    expect(isFar(0.4, false)).toBe(false);
    expect(isFar(0.34, false)).toBe(true);
    expect(isFar(0.4, true)).toBe(true);
    expect(isFar(0.46, true)).toBe(false);
  });
});

test("fitting shows the whole box in the middle, never larger than life", () => {
  expect(fit({ x: 0, y: 0, width: 100, height: 100 }, size)).toEqual({ zoom: 1, x: 350, y: 250 });
  const small = fit({ x: -500, y: 0, width: 7040, height: 100 }, size);
  expect(small.zoom).toBeCloseTo(0.1);
});

describe("revealing a box", () => {
  const box = { x: 0, y: 0, width: 208, height: 56 };

  test("leaves the view alone when the box is free", () => {
    expect(reveal({ x: 100, y: 100, zoom: 1 }, size, box)).toEqual({ x: 100, y: 100, zoom: 1 });
  });

  test("moves it out from under a panel", () => {
    const insets = { left: 0, right: 320, top: 0, bottom: 0 };
    expect(reveal({ x: 700, y: 100, zoom: 1 }, size, box, insets)).toEqual({ x: 248, y: 100, zoom: 1 });
  });
});

test("the visible part grows as the zoom shrinks", () => {
  expect(visibleBox(panBy(view, 0, 10), size)).toEqual({ x: -80, y: 0, width: 1600, height: 1200 });
});
