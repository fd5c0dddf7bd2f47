/** A clock that stands still until it is told to go on. */
export interface TestClock {
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Goes on, and runs what is due on the way, in order. */
  advance(ms: number): void;
  /** Timers that have not run. */
  readonly pending: number;
}

/** Starts at the present time, since epochs come from the clock. */
export function createTestClock(): TestClock {
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  let time = Date.now();
  return {
    now: () => time,
    schedule(run, delayMs) {
      const timer = { at: time + delayMs, run };
      timers.add(timer);
      return () => {
        timers.delete(timer);
      };
    },
    advance(ms) {
      const end = time + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        time = Math.max(time, next.at);
        next.run();
      }
      time = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
