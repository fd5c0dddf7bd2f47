import { expect, test } from "vitest";
import { crowdEnvironment } from "../crash/crowdEnvironment.ts";
import { crashWithWills } from "../crash/willsOverCrash.ts";
import { runMillrace } from "./hubProcess.ts";

const GRACE_MS = 1_500;
const PER_KIND = 10;

const canBeSet = (await runMillrace("limits")).out.includes("willGraceMs");

test.skipIf(!canBeSet)(
  `B24: the wills of devices that do not come back after a crash of the hub are published once, after the grace, and no others${canBeSet ? "" : " (skipped: the grace cannot be set)"}`,
  async () => {
    const { MILLRACE_LIMITS } = crowdEnvironment;
    const { afterCrash, afterSecondCrash } = await crashWithWills({
      perKind: PER_KIND,
      graceMs: GRACE_MS,
      environment: { MILLRACE_LIMITS: `${MILLRACE_LIMITS},willGraceMs=${GRACE_MS}` },
    });
    const stayed = Array.from({ length: PER_KIND }, (_, index) => `stays${index}`);
    expect(afterCrash.map(({ name }) => name).toSorted()).toEqual(stayed);
    // The grace began before the hub said that it was ready.
    expect(Math.min(...afterCrash.map(({ atMs }) => atMs))).toBeGreaterThan(GRACE_MS / 3);
    expect(afterSecondCrash).toEqual([]);
  },
);
