import fc from "fast-check";
import { expect, test } from "vitest";
import type { Group } from "./batch.ts";
import { packGroups, unpackGroups } from "./packing.ts";

const value = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constant(null),
  fc.uint8Array(),
);
const operation = fc.tuple(fc.nat(), fc.boolean(), fc.array(value));

test("groups come out as they went in, also over the way to a thread", () => {
  fc.assert(
    fc.property(fc.array(fc.array(operation)), (groups) => {
      expect(unpackGroups(structuredClone(packGroups(groups)))).toEqual(groups);
    }),
  );
});

test("a blob of many rows crosses once, and nothing else of the memory it is a view of", () => {
  const memory = new Uint8Array(10_000).fill(7);
  const payload = memory.subarray(100, 200);
  const groups: Group[] = [
    [
      [1, false, ["a", payload]],
      [1, true, ["b", payload]],
    ],
    [[2, false, [new Uint8Array(0), payload.subarray(0, 1)]]],
  ];
  const packed = packGroups(groups);
  expect(packed.bytes.buffer.byteLength).toBe(101);
  expect(unpackGroups(packed)).toEqual(groups);
});
