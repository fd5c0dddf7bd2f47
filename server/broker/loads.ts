/** Exponential averages of one figure over 1, 5 and 15 minutes, per minute. */
export interface Load {
  /** The figure counted to `total` so far; `seconds` went by since the last time. */
  update(total: number, seconds: number): void;
  readonly perMinute: readonly number[];
}

/** What the averages look back on, with the names Mosquitto gives them. */
export const loadSpans = [
  { name: "1min", seconds: 60 },
  { name: "5min", seconds: 300 },
  { name: "15min", seconds: 900 },
] as const;

/** Starts at zero, as Mosquitto does. */
export function createLoad(): Load {
  let last = 0;
  let averages: readonly number[] = loadSpans.map(() => 0);
  return {
    update(total, seconds) {
      const perMinute = ((total - last) / seconds) * 60;
      last = total;
      averages = averages.map((average, index) => {
        const weight = Math.exp(-seconds / (loadSpans[index]?.seconds ?? seconds));
        return perMinute + weight * (average - perMinute);
      });
    },
    get perMinute() {
      return averages;
    },
  };
}
