import { expect, test } from "vitest";
import { createLoopDelay } from "./loopDelay.ts";

test("B41: how late a timer comes is counted into its bucket", () => {
  let at = 0;
  let due: { run: () => void; at: number } | undefined;
  const delay = createLoopDelay({
    elapsed: () => at,
    schedule(run, delayMs) {
      due = { run, at: at + delayMs };
      return () => {
        due = undefined;
      };
    },
  });
  delay.start();
  for (const lateMs of [0, 0.5, 30, 30]) {
    at = (due?.at ?? 0) + lateMs;
    due?.run();
  }
  const { bounds, counts, sum } = delay.read();
  expect(sum).toBeCloseTo(0.0605);
  expect(counts[bounds.indexOf(0.0001)]).toBe(1);
  expect(counts[bounds.indexOf(0.0005)]).toBe(1);
  expect(counts[bounds.indexOf(0.05)]).toBe(2);
  delay.stop();
  expect(due).toBeUndefined();
});
