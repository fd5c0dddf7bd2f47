import { expect, test } from "vitest";
import { runKillRounds } from "../crash/killRounds.ts";
import { chosenSeed } from "../crash/random.ts";

const READY_MAX_MS = 2_000;
/** On a machine that is busy with other things, a start after a kill may take this much of any start. */
const READY_MAX_SHARE = 1.5;

test("G1, B5, B23: a hub killed under load loses nothing it acknowledged, keeps the order, and is up again at once", async () => {
  const seed = chosenSeed();
  const { breaches, acked, firstReadyMs, readyMs } = await runKillRounds({
    rounds: 3,
    seed,
    publishers: 4,
    windowMessages: 25,
    messages: 115,
  });
  console.log(
    `MILLRACE_SEED=${seed}: ${acked} acknowledged; ready after ${readyMs.map(Math.round).join(", ")} ms, on an empty folder after ${Math.round(firstReadyMs)} ms`,
  );
  expect(breaches).toEqual([]);
  expect(acked).toBe(3 * 4 * 115);
  expect(Math.min(...readyMs)).toBeLessThan(Math.max(READY_MAX_MS, firstReadyMs * READY_MAX_SHARE));
});
