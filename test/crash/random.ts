/** Random numbers that a seed repeats. */
export interface Random {
  readonly seed: number;
  /** A whole number from `from` up to, and not including, `to`. */
  whole(from: number, to: number): number;
  chance(share: number): boolean;
}

/** The seed of this run: `MILLRACE_SEED`, or another one each time. */
export function chosenSeed(): number {
  const given = Number(process.env["MILLRACE_SEED"]);
  return Number.isInteger(given) && given > 0 ? given : 1 + (Date.now() % 1_000_000_000);
}

/** A generator of its own for each seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;

  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    seed,
    whole: (from, to) => from + Math.floor(next() * (to - from)),
    chance: (share) => next() < share,
  };
}
