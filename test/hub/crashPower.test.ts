import { describe, expect, onTestFinished, test } from "vitest";
import { createLoopDisk } from "../crash/loopDisk.ts";
import { losePower } from "../crash/powerLoss.ts";
import { chosenSeed, createRandom } from "../crash/random.ts";

const probe = createLoopDisk();
probe?.remove();
if (probe === undefined && process.env["MILLRACE_REQUIRE_TOOLS"] === "1")
  throw new Error("No disk can be made here: root, unshare, mkfs.ext4 or loop devices are missing.");

const LOST_MAX_MS = 60_000;
const plan = { publishers: 4, windowMessages: 25, messages: 115 };

describe.skipIf(probe === undefined)(
  `a hub that loses its power${probe === undefined ? " (skipped: no disk can be made here)" : ""}`,
  () => {
    test.for([
      ["G2, B18: has everything it had acknowledged", true],
      ["G2: would lose it if it did not wait for the disk", false],
    ] as const)("%s", { timeout: LOST_MAX_MS }, async ([, isStrict]) => {
      const disk = createLoopDisk()!;
      onTestFinished(disk.remove);
      const random = createRandom(chosenSeed());
      const { breaches, acked, integrity } = await losePower({ ...plan, disk, random, isStrict });
      console.log(`MILLRACE_SEED=${random.seed}: ${acked} acknowledged; ${breaches.join(" ") || "0 lost"}`);
      expect(acked).toBeGreaterThan(0);
      expect(integrity).toBe("ok");
      expect(breaches.length > 0).toBe(!isStrict);
    });
  },
);
