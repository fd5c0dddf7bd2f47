import { crashWithWills } from "../crash/willsOverCrash.ts";
import { crowdEnvironment } from "../crash/crowdEnvironment.ts";
import type { Outcome } from "./outcome.ts";

const PER_KIND = 30;
/** The default: nothing is set. */
const GRACE_MS = 30_000;

/** B24, with the grace that people get: wills over a crash of the hub. */
export async function soakWills(): Promise<Outcome> {
  const { afterCrash, afterSecondCrash } = await crashWithWills({
    perKind: PER_KIND,
    graceMs: GRACE_MS,
    environment: crowdEnvironment,
  });
  const expected = Array.from({ length: PER_KIND }, (_, index) => `stays${index}`);
  const names = afterCrash.map(({ name }) => name).toSorted();
  const breaches: string[] = [];
  if (names.join() !== expected.toSorted().join())
    breaches.push(`Wills after the crash: ${names.join(", ")}; expected: ${expected.join(", ")}.`);
  if (afterSecondCrash.length > 0)
    breaches.push(`Wills came again after a second crash: ${afterSecondCrash.join(", ")}.`);
  const firstMs = Math.min(...afterCrash.map(({ atMs }) => atMs));
  return {
    figures: `${names.length} wills of ${3 * PER_KIND} devices, the first ${(firstMs / 1_000).toFixed(1)} s after the start`,
    breaches,
  };
}
