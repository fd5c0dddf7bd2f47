/** What has been started, to be stopped in the reverse order. */
export interface Stops {
  add(...stops: readonly (() => unknown)[]): void;
  /** Stops everything once, goes on when one fails, and rejects at the end with all that went wrong. */
  run(): Promise<void>;
}

/** Nothing to stop yet. */
export function createStops(): Stops {
  const stops: (() => unknown)[] = [];
  let running: Promise<void> | undefined;

  async function runAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const stop of stops.splice(0).toReversed()) {
      try {
        await stop();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "The hub did not stop cleanly.");
  }

  return {
    add: (...more) => void stops.push(...more),
    run: () => (running ??= runAll()),
  };
}
