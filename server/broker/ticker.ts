/** Runs later, unless the answer is called before. */
export type Schedule = (run: () => void, delayMs: number) => () => void;

/** Does something again and again while it is started. */
export interface Ticker {
  start(): void;
  stop(): void;
}

/** Creates a stopped ticker. */
export function createTicker(schedule: Schedule, everyMs: number, tick: () => void): Ticker {
  let cancel: (() => void) | undefined;

  function next(): void {
    cancel = schedule(() => {
      next();
      tick();
    }, everyMs);
  }

  return {
    start() {
      if (cancel === undefined) next();
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
