/** A measured value of one series; labels come from small fixed sets, never from clients, topics or devices. */
export interface MetricValue {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric. Counters are exact totals kept elsewhere and only read at a scrape. */
export interface CountFamily {
  readonly kind: "counter" | "gauge";
  /** Without the prefix `millrace_`; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: () => readonly MetricValue[];
}

/** One metric of values that were counted into buckets, kept elsewhere too. */
export interface HistogramFamily {
  readonly kind: "histogram";
  /** Without the prefix `millrace_`; ends in its unit. */
  readonly name: string;
  readonly help: string;
  readonly read: () => BucketReading;
}

/** How many values each bucket holds. */
export interface BucketReading {
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
  /** Values of each bucket alone; one more than bounds, for what lies beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export type MetricFamily = CountFamily | HistogramFamily;

/** A family of one number. */
export function singleMetric(
  kind: CountFamily["kind"],
  name: string,
  details: { readonly help: string; readonly read: () => number },
): CountFamily {
  return { kind, name, help: details.help, read: () => [{ value: details.read() }] };
}

/** A family with one label, read from a record such as `{ "queue-full": 3 }`. */
export function labelledMetric(
  kind: CountFamily["kind"],
  name: string,
  details: {
    readonly help: string;
    readonly label: string;
    readonly read: () => Readonly<Record<string, number>>;
  },
): CountFamily {
  const { help, label, read } = details;
  return {
    kind,
    name,
    help,
    labels: [label],
    read: () => Object.entries(read()).map(([key, value]) => ({ labels: { [label]: key }, value })),
  };
}
