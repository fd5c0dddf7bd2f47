import { type MetricFamily, labelledMetric, singleMetric } from "./api/api.ts";
import type { Broker } from "./broker/broker.ts";
import type { Outbox } from "./outbox/outbox.ts";
import type { Runtime } from "./runtime/runtime.ts";
import type { Traces } from "./runtime/traces.ts";

/** Parts that count. */
export interface CountingParts {
  readonly broker: Pick<Broker, "stats">;
  readonly outbox: Pick<Outbox, "counts">;
  readonly runtime: Pick<Runtime, "counts">;
  readonly traces: Pick<Traces, "counts">;
}

/** The figures of the parts, for Prometheus. Totals are exact and counted where things happen. */
export function hubMetrics(parts: CountingParts): readonly MetricFamily[] {
  return [...brokerMetrics(parts.broker), ...runtimeMetrics(parts), ...outboxMetrics(parts.outbox)];
}

function brokerMetrics({ stats }: CountingParts["broker"]): MetricFamily[] {
  const byQos = (read: () => readonly number[]) => () =>
    Object.fromEntries(read().map((count, qos) => [String(qos), count]));
  return [
    singleMetric("gauge", "broker_connections", {
      help: "Open MQTT connections.",
      read: () => stats().connections,
    }),
    singleMetric("gauge", "broker_subscriptions", {
      help: "Subscriptions of all sessions.",
      read: () => stats().subscriptions,
    }),
    singleMetric("gauge", "broker_retained_messages", {
      help: "Topics with a retained message.",
      read: () => stats().retainedCount,
    }),
    singleMetric("gauge", "broker_retained_bytes", {
      help: "Size of all retained messages.",
      read: () => stats().retainedBytes,
    }),
    labelledMetric("counter", "broker_received_total", {
      help: "Messages that clients published.",
      label: "qos",
      read: byQos(() => stats().received),
    }),
    labelledMetric("counter", "broker_delivered_total", {
      help: "Messages written to clients.",
      label: "qos",
      read: byQos(() => stats().delivered),
    }),
    labelledMetric("counter", "broker_dropped_total", {
      help: "Messages that did not reach a client, by reason.",
      label: "reason",
      read: () => stats().dropped,
    }),
    labelledMetric("counter", "broker_denied_total", {
      help: "What access rules refused.",
      label: "action",
      read: () => stats().denied,
    }),
    labelledMetric("counter", "broker_refused_total", {
      help: "Connections refused or ended for cause.",
      label: "reason",
      read: () => stats().refused,
    }),
    singleMetric("counter", "broker_throttled_total", {
      help: "How often a client had to wait because it sent too fast.",
      read: () => stats().throttled,
    }),
    labelledMetric("counter", "broker_banned_total", {
      help: "Client ids and addresses that were shut out for a while.",
      label: "kind",
      read: () => stats().banned,
    }),
    singleMetric("counter", "broker_wills_total", {
      help: "Last Wills published.",
      read: () => stats().wills,
    }),
    singleMetric("counter", "broker_takeovers_total", {
      help: "Connections replaced by a newer one of the same client id.",
      read: () => stats().takeovers,
    }),
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
