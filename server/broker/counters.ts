import type { Qos } from "./arrival.ts";
import type { CloseCause } from "./peer.ts";

/** Why a message did not reach a client, or was not passed on at all. */
export type DropReason =
  | "queue-full"
  | "too-slow"
  | "too-large"
  | "disconnected"
  | "session-removed"
  | "cleared"
  | "hops";

/** What an access list refused. */
export type DeniedAction = "publish" | "subscribe" | "receive" | "will";

/** Why somebody is shut out for a while. */
export type BanKind = "flapping" | "protocol-errors";

/** Exact counts since the start. */
export interface Counters {
  readonly received: [qos0: number, qos1: number, qos2: number];
  receivedBytes: number;
  /** Messages kept until flows have consumed them. */
  journaled: number;
  readonly delivered: [qos0: number, qos1: number, qos2: number];
  deliveredBytes: number;
  /** The hub's own publishes. */
  published: number;
  wills: number;
  /** Wills of clients that did not come back after a restart. */
  recoveredWills: number;
  duplicates: number;
  retainedRefused: number;
  /** Sockets let in, before they said anything. */
  sockets: number;
  accepted: number;
  takeovers: number;
  routeFailures: number;
  /** How often a client was made to wait because it sent too fast. */
  throttled: number;
  /** Client ids and addresses that were shut out for a while. */
  readonly banned: Record<BanKind, number>;
  readonly denied: Record<DeniedAction, number>;
  readonly dropped: Record<DropReason, number>;
  /** Connections refused or ended for cause, by reason. */
  readonly refused: Record<string, number>;
  /** Ends of accepted connections, by cause. */
  readonly ends: Record<CloseCause, number>;
  /** Absent sessions that were removed because nobody came back for them. */
  sessionsExpired: number;
}

/** All counters at zero. */
export function createCounters(): Counters {
  return {
    received: [0, 0, 0],
    receivedBytes: 0,
    journaled: 0,
    delivered: [0, 0, 0],
    deliveredBytes: 0,
    published: 0,
    wills: 0,
    recoveredWills: 0,
    duplicates: 0,
    retainedRefused: 0,
    sockets: 0,
    accepted: 0,
    takeovers: 0,
    routeFailures: 0,
    throttled: 0,
    banned: { flapping: 0, "protocol-errors": 0 },
    denied: { publish: 0, subscribe: 0, receive: 0, will: 0 },
    dropped: {
      "queue-full": 0,
      "too-slow": 0,
      "too-large": 0,
      disconnected: 0,
      "session-removed": 0,
      cleared: 0,
      hops: 0,
    },
    refused: {},
    ends: {
      disconnect: 0,
      socket: 0,
      keepalive: 0,
      takeover: 0,
      kicked: 0,
      slow: 0,
      protocol: 0,
      "hub-restart": 0,
    },
    sessionsExpired: 0,
  };
}

/** Counts one message of a direction. */
export function countMessage(counts: [number, number, number], qos: Qos): void {
  counts[qos]++;
}

/** Counts one refused or ended connection; the reasons are a small fixed set, never text from outside. */
export function countRefused(counters: Counters, reason: string): void {
  counters.refused[reason] = (counters.refused[reason] ?? 0) + 1;
}
