import { describe, expect, it } from "vitest";
import { createRate } from "./rate.ts";

function createClocked(keysMax = 10) {
  const clock = { now: 0 };
  return { clock, rate: createRate({ perSecond: 10, burst: 3, keysMax, now: () => clock.now }) };
}

describe("a rate", () => {
  it("lets a burst through, then one each tenth of a second, and tells how long to wait", () => {
    const { clock, rate } = createClocked();
    expect([1, 2, 3, 4].map(() => rate.take("a"))).toEqual([0, 0, 0, 100]);
    clock.now = 99;
    expect(rate.take("a")).toBeGreaterThan(0);
    clock.now = 100;
    expect(rate.take("a")).toBe(0);
    expect(rate.take("b")).toBe(0);
  });

  it("fills up to the burst and no further", () => {
    const { clock, rate } = createClocked();
    clock.now = 1_000_000;
    expect([1, 2, 3, 4].map(() => rate.take("a") > 0)).toEqual([false, false, false, true]);
  });

  it("keeps going when the clock is set back", () => {
    const { clock, rate } = createClocked();
    clock.now = 1_000_000;
    rate.take("a");
    clock.now = 0;
    expect(rate.take("a")).toBe(0);
  });

  it("remembers as many keys as allowed and forgets the quietest", () => {
    const { rate } = createClocked(2);
    for (let count = 0; count < 3; count++) rate.take("a");
    rate.take("b");
    expect(rate.take("a")).toBeGreaterThan(0);
    rate.take("c");
    expect(rate.take("a")).toBeGreaterThan(0);
    rate.take("d");
    rate.take("e");
    expect(rate.take("a")).toBe(0);
  });
});
