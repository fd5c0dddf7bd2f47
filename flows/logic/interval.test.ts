import { describe, expect, it } from "vitest";
import { learnedIntervalMs, learnGap, noGaps, type IntervalState } from "./interval.ts";

function learn(gapsMs: readonly number[]): IntervalState {
  return gapsMs.reduce(learnGap, noGaps);
}

describe("the learned interval", () => {
  it("is unknown until 8 gaps are known", () => {
    const gaps = Array.from({ length: 7 }, () => 10_000);
    expect(learnedIntervalMs(learn(gaps))).toBeUndefined();
    expect(learnedIntervalMs(learn([...gaps, 10_000]))).toBe(10_000);
  });

  it("does not stretch for one accident among many", () => {
    expect(learnedIntervalMs(learn([...Array.from({ length: 31 }, () => 10_000), 3_600_000]))).toBe(10_000);
  });

  it("follows a device that changes its habits, for it keeps 32 gaps", () => {
    const state = learn([
      ...Array.from({ length: 40 }, () => 10_000),
      ...Array.from({ length: 32 }, () => 60_000),
    ]);
    expect(state.gapsMs).toHaveLength(32);
    expect(learnedIntervalMs(state)).toBe(60_000);
  });

  it("learns nothing from what is no gap, and never changes a state", () => {
    const state = learn([5]);
    expect(learnGap(state, 0)).toBe(state);
    expect(learnGap(state, -5)).toBe(state);
    expect(learnGap(state, Number.NaN)).toBe(state);
    expect(learnGap(state, 7)).toEqual({ gapsMs: [5, 7] });
    expect(state).toEqual({ gapsMs: [5] });
  });
});
