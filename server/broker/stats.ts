import type { Counters } from "./counters.ts";
import type { HistogramReading } from "./histogram.ts";
import type { LedgerFigures } from "./ledger.ts";
import type { Session } from "./session.ts";
import type { TrafficCounts } from "./traffic.ts";

/** Exact counts since the start, and what is there now. */
export interface BrokerStats extends Counters {
  /** Messages passed on to those who listen, and to subscribers if there are any. */
  readonly routed: number;
  readonly connections: number;
  /** Connections that wait unread for their turn. */
  readonly connectionsWaiting: number;
  readonly sessionsOnline: number;
  /** The most that were online at once. */
  readonly sessionsOnlineMaximum: number;
  readonly sessionsOffline: number;
  readonly subscriptions: number;
  readonly sharedSubscriptions: number;
  readonly retainedCount: number;
  readonly retainedBytes: number;
  readonly queuedMessages: number;
  readonly queuedBytes: number;
  /** QoS 1 and 2 messages that wait for an acknowledgement. */
  readonly inFlight: number;
  /** Clients that get no QoS 1 or 2 message before they acknowledge one. */
  readonly windowsFull: number;
  readonly traffic: TrafficCounts;
  /** In seconds: from a frame being ready for a client to the write. */
  readonly writeDelay: HistogramReading;
  /** In seconds: what those who hear every message take of a message's time; one message of 64 is measured. */
  readonly tapTime: HistogramReading;
  /** Last Wills of the last run of the hub whose clients may still come back. */
  readonly willsLeft: number;
  readonly ledger: LedgerFigures;
}

/** Sums over all sessions. */
export type SessionSums = Pick<BrokerStats, "queuedMessages" | "queuedBytes" | "inFlight" | "windowsFull">;

/** One pass over the sessions. */
export function sumSessions(sessions: Iterable<Session>, sendWindow: number): SessionSums {
  const sums = {
    queuedMessages: 0,
    queuedBytes: 0,
    inFlight: 0,
    windowsFull: 0,
  };
  for (const session of sessions) {
    const { queued, queuedBytes, inFlight } = session.delivery.status();
    sums.queuedMessages += queued;
    sums.queuedBytes += queuedBytes;
    sums.inFlight += inFlight;
    if (inFlight >= sendWindow) sums.windowsFull++;
  }
  return sums;
}
