import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CountFamily, HistogramFamily, MetricFamily, MetricValue } from "./metricFamily.ts";
import { route, type Route } from "./route.ts";

/** Series of one family; what is beyond is a mistake of ours and is left out. */
const SERIES_MAX = 100;
const PREFIX = "millrace_";

/** Figures of the hub for Prometheus. */
export function metricsRoutes(families: readonly MetricFamily[]): readonly Route[] {
  const registry = createRegistry([...families, ...processFamilies]);
  return [
    route<{ answer: string }>({
      method: "GET",
      path: "/metrics",
      isOutside: true,
      scope: "runs:read",
      summary: "Gives the counters of the hub in the text format of Prometheus.",
      answer: { type: "string" },
      media: registry.contentType,
      handle: () => registry.metrics(),
    }),
  ];
}

/** A registry that reads each family when it is asked. */
function createRegistry(families: readonly MetricFamily[]): Registry {
  const registry = new Registry();
  for (const family of families) registry.registerMetric(metricOf(family));
  return registry;
}

function metricOf(family: MetricFamily): Counter | Gauge | Histogram {
  return family.kind === "histogram" ? histogramOf(family) : countOf(family);
}

function countOf({ kind, name, help, labels = [], read }: CountFamily): Counter | Gauge {
  const values = () => read().slice(0, SERIES_MAX);
  const base = { name: PREFIX + name, help, labelNames: [...labels], registers: [] };
  return kind === "gauge" ? gaugeOf(base, values) : counterOf(base, values);
}

/** A histogram of the library can only count by itself; this one answers with what was counted elsewhere. */
function histogramOf({ name: shortName, help, read }: HistogramFamily): Histogram {
  const name = PREFIX + shortName;
  const getForPromString = async () => {
    const { bounds, counts, sum } = read();
    let below = 0;
    const buckets = counts.map((count, index) => {
      below += count;
      return { metricName: `${name}_bucket`, labels: { le: bounds[index] ?? "+Inf" }, value: below };
    });
    const totals = [
      { metricName: `${name}_sum`, labels: {}, value: sum },
      { metricName: `${name}_count`, labels: {}, value: below },
    ];
    return { name, help, type: "histogram", values: [...buckets, ...totals] };
  };
  // What a registry asks for when it writes text; `get` of the library goes through it too.
  return Object.assign(new Histogram({ name, help, registers: [] }), { getForPromString });
}

type Base = ConstructorParameters<typeof Gauge<string>>[0];

function gaugeOf(base: Base, values: () => readonly MetricValue[]): Gauge {
  return new Gauge({
    ...base,
    collect() {
      this.reset();
      for (const { labels = {}, value } of values()) this.set(labels, value);
    },
  });
}

function counterOf(base: Base, values: () => readonly MetricValue[]): Counter {
  return new Counter({
    ...base,
    collect() {
      // The exact total is kept elsewhere: this one only repeats it.
      this.reset();
      for (const { labels = {}, value } of values()) this.inc(labels, value);
    },
  });
}

/** What the process costs. */
const processFamilies: readonly CountFamily[] = [
  {
    kind: "counter",
    name: "process_cpu_seconds_total",
    help: "CPU time of the hub.",
    read: () => {
      const { user, system } = process.cpuUsage();
      return [{ value: (user + system) / 1e6 }];
    },
  },
  {
    kind: "gauge",
    name: "process_resident_bytes",
    help: "Memory of the hub.",
    read: () => [{ value: process.memoryUsage.rss() }],
  },
  {
    kind: "gauge",
    name: "process_uptime_seconds",
    help: "Time since the process began.",
    read: () => [{ value: process.uptime() }],
  },
];
