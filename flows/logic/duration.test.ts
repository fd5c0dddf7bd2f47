import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("a duration", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    ["1h30", 5_400_000],
    ["1h30m20", 5_420_000],
    ["2 min", 120_000],
    ["2 Minutes", 120_000],
    ["1 day 2 hours", 93_600_000],
    ["1.5h", 5_400_000],
    ["0s", 0],
    ["400d", 34_560_000_000],
  ])("%s is %i ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", " ", "30", "s", "-5s", "5x", "5m5m", "5m1h", "5s 3", "1,5h", "1e3s", "5s!", "x".repeat(100)])(
    "%j is none",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it.each([
    [0, "0s"],
    [1, "1ms"],
    [90_000, "1m30s"],
    [5_400_000, "1h30m"],
    [86_400_500, "1d500ms"],
    [-30_000, "-30s"],
  ])("%i ms is written %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("is the same after being written and read", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * 86_400_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
