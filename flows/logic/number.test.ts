import { describe, expect, it } from "vitest";
import { roundTo, toNumber } from "./number.ts";

describe("toNumber", () => {
  it.each<[unknown, number | undefined]>([
    [31, 31],
    ["31", 31],
    [" 21.5\n", 21.5],
    ["-0.5e2", -50],
    ["0", 0],
    ["", undefined],
    [" ", undefined],
    [null, undefined],
    [undefined, undefined],
    [true, undefined],
    [[], undefined],
    [[5], undefined],
    [Number.NaN, undefined],
    [Infinity, undefined],
    ["1e999", undefined],
    ["021", undefined],
    ["21.", undefined],
    [".5", undefined],
    ["+5", undefined],
    ["0x10", undefined],
    ["21,5", undefined],
    ["NaN", undefined],
  ])("%j is %j", (value, expected) => {
    expect(toNumber(value)).toBe(expected);
  });
});

describe("roundTo", () => {
  it.each([
    [21.57, 1, 21.6],
    [1.005, 2, 1.01],
    [-1.005, 2, -1.01],
    [2.5, 0, 3],
    [-2.5, 0, -3],
    [1234, -2, 1200],
    [1e21, 2, 1e21],
    [1e-9, 2, 0],
    [Infinity, 2, Infinity],
  ])("%d to %i digits is %d", (value, digits, expected) => {
    expect(roundTo(value, digits)).toBe(expected);
  });
});
