import { type MetricFamily, labelledMetric, singleMetric } from "./api/api.ts";
import type { Broker } from "./broker/broker.ts";
import { brokerMetrics } from "./brokerMetrics.ts";
import type { LoopDelay } from "./loopDelay.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Traces } from "./runtime/traces.ts";

/** Parts that count. */
export interface CountingParts {
  readonly broker: Pick<Broker, "stats">;
  readonly outbox: Pick<Outbox, "counts">;
  readonly runtime: Pick<Runtime, "counts">;
  readonly traces: Pick<Traces, "counts">;
  readonly loopDelay: Pick<LoopDelay, "read">;
}

/** The figures of the parts, for Prometheus. Totals are exact and counted where things happen. */
export function hubMetrics(parts: CountingParts): readonly MetricFamily[] {
  return [
    ...brokerMetrics(parts.broker),
    ...runtimeMetrics(parts),
    ...outboxMetrics(parts.outbox),
    {
      kind: "histogram",
      name: "loop_delay_seconds",
      help: "How late the event loop of the hub came to a timer, ten times a second.",
      read: parts.loopDelay.read,
    },
  ];
}

function runtimeMetrics({ runtime, traces }: Pick<CountingParts, "runtime" | "traces">): MetricFamily[] {
  return [
    singleMetric("gauge", "flows_running", { help: "Flows that run.", read: () => runtime.counts().flows }),
    singleMetric("gauge", "flow_timers_pending", {
      help: "Deadlines that flows wait for.",
      read: () => runtime.counts().pendingTimers,
    }),
    labelledMetric("counter", "flow_runs_total", {
      help: "Runs by outcome: stopped ones broke a limit.",
      label: "outcome",
      read() {
        const { ok, failed, stopped } = runtime.counts();
        return { ok, failed, stopped };
      },
    }),
    singleMetric("counter", "flow_events_dropped_total", {
      help: "Events that no flow evaluated, because the queue was full or the flow paused.",
      read: () => runtime.counts().dropped,
    }),
    singleMetric("counter", "flow_commit_failures_total", {
      help: "Runs that could not be written to disk.",
      read: () => runtime.counts().commitFailures,
    }),
    labelledMetric("counter", "flow_traces_total", {
      help: "Finished runs, and what became of their traces.",
      label: "kept",
      read() {
        const { finished, stored, sampledOut } = traces.counts();
        return { memory: finished - stored - sampledOut, history: stored, "sampled-out": sampledOut };
      },
    }),
  ];
}

function outboxMetrics({ counts }: CountingParts["outbox"]): MetricFamily[] {
  return [
    singleMetric("gauge", "outbox_pending", {
      help: "Actions that have not left yet.",
      read: () => counts().pending,
    }),
    singleMetric("gauge", "outbox_dead", {
      help: "Actions that were given up and can be tried again.",
      read: () => counts().dead,
    }),
    singleMetric("counter", "outbox_sent_total", {
      help: "Actions delivered since the start.",
      read: () => counts().sent,
    }),
    singleMetric("counter", "outbox_retried_total", {
      help: "Attempts that failed and were repeated.",
      read: () => counts().retried,
    }),
  ];
}
