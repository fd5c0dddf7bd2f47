import { type MetricFamily, labelledMetric, singleMetric } from "./api/api.ts";
import { type Broker, type BrokerStats, byPacketType } from "./broker/broker.ts";

/** What the broker counts, for Prometheus. Clients are never named: who wants one asks the list of clients. */
export function brokerMetrics(broker: Pick<Broker, "stats">): readonly MetricFamily[] {
  const make = makers(onceATurn(broker.stats));
  return [...connectionMetrics(make), ...wireMetrics(make), ...messageMetrics(make), ...stateMetrics(make)];
}

function connectionMetrics({ gauge, counter, counters, gauges }: Makers): MetricFamily[] {
  return [
    gauge("connections", "Open MQTT connections.", (read) => read.connections),
    counter("sockets", "Connections that were let in to say who they are.", (read) => read.sockets),
    counter("accepted", "Connections that were accepted.", (read) => read.accepted),
    counters("reason")("refused", "Connections refused or ended for cause.", (read) => read.refused),
    counters("cause")("session_ends", "Ends of accepted connections.", (read) => read.ends),
    counter(
      "takeovers",
      "Connections replaced by a newer one of the same client id.",
      (read) => read.takeovers,
    ),
    gauge("connections_waiting", "Connections that wait for their turn.", (read) => read.connectionsWaiting),
    counter(
      "throttled",
      "How often a client had to wait because it sent too fast.",
      (read) => read.throttled,
    ),
    counters("kind")(
      "banned",
      "Client ids and addresses that were shut out for a while.",
      (read) => read.banned,
    ),
    gauges("state")("sessions", "Sessions by whether their client is there.", (read) => ({
      online: read.sessionsOnline,
      offline: read.sessionsOffline,
    })),
    counter(
      "sessions_expired",
      "Sessions removed because nobody came back for them.",
      (read) => read.sessionsExpired,
    ),
  ];
}

function wireMetrics({ counters, histogram }: Makers): MetricFamily[] {
  const byType = counters("type");
  return [
    byType("packets_received", "Packets from clients.", ({ traffic }) =>
      byPacketType(traffic.received.packets),
    ),
    byType("packets_sent", "Packets to clients.", ({ traffic }) => byPacketType(traffic.sent.packets)),
    byType("bytes_received", "Bytes from clients by type of packet.", ({ traffic }) =>
      byPacketType(traffic.received.bytes),
    ),
    byType("bytes_sent", "Bytes to clients by type of packet.", ({ traffic }) =>
      byPacketType(traffic.sent.bytes),
    ),
    histogram(
      "write_delay_seconds",
      "From a message being ready for a client to its write.",
      (read) => read.writeDelay,
    ),
    histogram(
      "tap_seconds",
      "What flows and devices take of a message's time; one message of 64 is measured.",
      (read) => read.tapTime,
    ),
  ];
}

function messageMetrics({ counter, counters }: Makers): MetricFamily[] {
  const byQos = counters("qos");
  return [
    byQos("received", "Messages that clients published.", ({ received }) => qosRecord(received)),
    byQos("delivered", "Messages written to clients.", ({ delivered }) => qosRecord(delivered)),
    counter("published", "Messages that the hub published itself.", (read) => read.published),
    counter("routed", "Messages that were passed on.", (read) => read.routed),
    counter("duplicates", "QoS 2 messages that came again.", (read) => read.duplicates),
    counter("route_failures", "Messages that a listener failed on.", (read) => read.routeFailures),
    counters("reason")("dropped", "Messages that did not reach a client.", (read) => read.dropped),
    counters("action")("denied", "What access rules refused.", (read) => read.denied),
    counter("wills", "Last Wills published.", (read) => read.wills),
    counter(
      "wills_recovered",
      "Those of clients that did not come back after a restart of the hub.",
      (read) => read.recoveredWills,
    ),
    counter(
      "retained_refused",
      "Messages that could not be retained because a bound was reached.",
      (read) => read.retainedRefused,
    ),
  ];
}

function stateMetrics({ gauge, counter }: Makers): MetricFamily[] {
  return [
    gauge("subscriptions", "Subscriptions of all sessions.", (read) => read.subscriptions),
    gauge("shared_subscriptions", "Those of them that are shared.", (read) => read.sharedSubscriptions),
    gauge("retained_messages", "Topics with a retained message.", (read) => read.retainedCount),
    gauge("retained_bytes", "Size of all retained messages.", (read) => read.retainedBytes),
    gauge("queued_messages", "Messages that wait for their client.", (read) => read.queuedMessages),
    gauge("queued_bytes", "Size of what waits for its client.", (read) => read.queuedBytes),
    gauge("in_flight_messages", "Messages that wait for an acknowledgement.", (read) => read.inFlight),
    gauge("wills_left", "Last Wills whose clients may still come back.", (read) => read.willsLeft),
    counter("journaled", "Messages kept until flows have consumed them.", (read) => read.journaled),
    counter("commits", "Times the broker wrote to disk.", (read) => read.ledger.commits),
    counter("commit_changes", "Changes it wrote.", (read) => read.ledger.changes),
    gauge("commit_waiting", "Changes that are not on disk yet.", (read) => read.ledger.waiting),
    gauge("windows_full", "Clients that must acknowledge before they get more.", (read) => read.windowsFull),
  ];
}

type Makers = ReturnType<typeof makers>;

function makers(stats: () => BrokerStats) {
  const named = (name: string) => `broker_${name}`;
  const labelled =
    (kind: "counter" | "gauge", ending: string) =>
    (label: string) =>
    (name: string, help: string, read: (stats: BrokerStats) => Readonly<Record<string, number>>) =>
      labelledMetric(kind, named(name + ending), { help, label, read: () => read(stats()) });
  const single =
    (kind: "counter" | "gauge", ending: string) =>
    (name: string, help: string, read: (stats: BrokerStats) => number) =>
      singleMetric(kind, named(name + ending), { help, read: () => read(stats()) });
  return {
    gauge: single("gauge", ""),
    gauges: labelled("gauge", ""),
    counter: single("counter", "_total"),
    counters: labelled("counter", "_total"),
    histogram: (
      name: string,
      help: string,
      read: (stats: BrokerStats) => BrokerStats["writeDelay"],
    ): MetricFamily => ({ kind: "histogram", name: named(name), help, read: () => read(stats()) }),
  };
}

/** One scrape reads many families at once; the figures are gathered once for all of them. */
function onceATurn<Value>(read: () => Value): () => Value {
  let known: { readonly value: Value } | undefined;
  return () => {
    if (known !== undefined) return known.value;
    known = { value: read() };
    setImmediate(() => {
      known = undefined;
    });
    return known.value;
  };
}

function qosRecord(counts: readonly number[]): Readonly<Record<string, number>> {
  return Object.fromEntries(counts.map((count, qos) => [String(qos), count]));
}
