import { createHistogram, delayBoundsS, type HistogramReading } from "./broker/histogram.ts";
import { createTicker } from "./broker/ticker.ts";

/** How late the event loop comes to what is due. */
export interface LoopDelay {
  start(): void;
  stop(): void;
  /** In seconds. */
  read(): HistogramReading;
}

/** Often enough to notice a loop that is blocked now and then, seldom enough to cost nothing. */
const EVERY_MS = 100;

/** Why own: the histogram of Node keeps no buckets, and forgets when it is read by two. */
export function createLoopDelay(world: {
  /** ms on a clock that never jumps. */
  readonly elapsed: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}): LoopDelay {
  const { elapsed, schedule } = world;
  const delays = createHistogram(delayBoundsS);
  let dueAt = 0;
  const ticker = createTicker(
    (run, delayMs) => {
      dueAt = elapsed() + delayMs;
      return schedule(() => {
        // Timers of Node may be up to a millisecond early.
        delays.observe(Math.max(0, elapsed() - dueAt) / 1_000);
        run();
      }, delayMs);
    },
    EVERY_MS,
    () => {},
  );
  return { ...ticker, read: delays.read };
}
