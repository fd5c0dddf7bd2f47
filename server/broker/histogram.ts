/** How often a value fell below each bound, as Prometheus wants to know it. */
export interface HistogramReading {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Values of each bucket alone; one more than bounds, for what lies beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts values into fixed buckets. */
export interface Histogram {
  observe(value: number, times?: number): void;
  read(): HistogramReading;
}

/** From a tenth of a millisecond to seconds: what a delay inside the hub may be. */
export const delayBoundsS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

/** Creates an empty histogram. */
export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, () => 0);
  let sum = 0;
  return {
    observe(value, times = 1) {
      let bucket = 0;
      while (bucket < bounds.length && value > (bounds[bucket] ?? Infinity)) bucket++;
      counts[bucket] = (counts[bucket] ?? 0) + times;
      sum += value * times;
    },
    read: () => ({ bounds, counts: [...counts], sum }),
  };
}
