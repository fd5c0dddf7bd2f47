import fc from "fast-check";
import { expect, test } from "vitest";
import { createTokenBucket } from "./tokenBucket.ts";

test("a full bucket gives its burst at once, then its rate", () => {
  const bucket = createTokenBucket({ perSecond: 10, burstS: 4 });
  bucket.spend(40, 0);
  expect(bucket.waitMs(0, 0)).toBe(0);
  bucket.spend(1, 0);
  expect(bucket.waitMs(0, 0)).toBe(100);
  expect(bucket.waitMs(0, 99)).toBe(1);
  expect(bucket.waitMs(0, 100)).toBe(0);
  expect(bucket.waitMs(40, 100)).toBe(4_000);
});

test("a clock that is set back earns nothing and takes nothing", () => {
  const bucket = createTokenBucket({ perSecond: 10, burstS: 1 });
  bucket.spend(15, 1_000_000);
  expect(bucket.waitMs(0, 0)).toBe(500);
  expect(bucket.waitMs(0, 500)).toBe(0);
});

test("who waits as told never uses more than the burst plus the rate times the time", () => {
  const steps = fc.array(fc.record({ pauseMs: fc.nat(3_000), tokens: fc.nat(30) }), { maxLength: 50 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 5 }),
      (all, perSecond, burstS) => {
        const bucket = createTokenBucket({ perSecond, burstS });
        let at = 0;
        let used = 0;
        for (const { pauseMs, tokens } of all) {
          at += pauseMs;
          at += bucket.waitMs(0, at);
          expect(bucket.waitMs(0, at)).toBe(0);
          // Before this piece the balance was not below zero.
          expect(used).toBeLessThanOrEqual(perSecond * burstS + (perSecond * at) / 1_000 + 1e-6);
          bucket.spend(tokens, at);
          used += tokens;
        }
      },
    ),
  );
});
