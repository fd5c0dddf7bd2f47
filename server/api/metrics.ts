import { Counter, Gauge, Registry } from "prom-client";
import type { MetricFamily, MetricValue } from "./metricFamily.ts";
import { route, type Route } from "./route.ts";

/** Series of one family; what is beyond is a mistake of ours and is left out. */
const SERIES_MAX = 100;

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
  for (const { kind, name, help, labels = [], read } of families) {
    const values = () => read().slice(0, SERIES_MAX);
    const base = { name: `millrace_${name}`, help, labelNames: [...labels], registers: [] };
    registry.registerMetric(kind === "gauge" ? gaugeOf(base, values) : counterOf(base, values));
  }
  return registry;
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
const processFamilies: readonly MetricFamily[] = [
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
