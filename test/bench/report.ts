/** Says whether a figure is within its bound, and remembers those that are not; a guide is only shown. */
export type IsMet = (what: string, value: number, max: number, kind?: "target" | "guide") => string;

/** Noise of a shared machine that is no failure. */
const NOISE = 1.1;

/** Collects what missed its target. */
export function createVerdict() {
  const missed: string[] = [];
  const isMet: IsMet = (what, value, max, kind = "target") => {
    if (value <= max) return `ok (at most ${max})`;
    if (kind === "target" && value > max * NOISE) missed.push(`${what}: ${value.toFixed(2)}, at most ${max}`);
    return `MISSED (at most ${max})`;
  };
  return { isMet, missed };
}
