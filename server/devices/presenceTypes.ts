/** Where a device stands; `flapping` hides the others while it lasts. */
export type PresenceState = "unknown" | "online" | "offline-pending" | "offline" | "sleeping" | "flapping";

/** What is reported about a device. */
export type PresenceEventName = "online" | "offline" | "recovered" | "flapping" | "steady" | "sleeping";

/** Why a session ended. */
export type SessionCause =
  | "disconnect"
  | "keepalive"
  | "socket"
  | "takeover"
  | "kicked"
  | "slow"
  | "protocol"
  | "expired"
  | "hub-restart"
  | (string & {});

/** What a device says about itself on a topic made for it; `withdrawn` takes that topic back. */
export type AvailabilityValue = "online" | "offline" | "sleeping" | "withdrawn";

/** All the hub must remember of a device's presence: plain JSON, kept over restarts. Times are ms since 1970. */
export interface PresenceRecord {
  readonly state: Exclude<PresenceState, "flapping">;
  readonly since: number | null;
  readonly reason: string;
  /** Live sessions by client id. */
  readonly sessions: Readonly<Record<string, { readonly epoch: number; readonly at: number }>>;
  /** It ever had a session: silence alone then says nothing. */
  readonly hasSessions: boolean;
  /** Last availability; `null` when there is no topic for it. */
  readonly topic: Exclude<AvailabilityValue, "withdrawn"> | null;
  /** When it was lost, while it is not back. */
  readonly lostAt: number | null;
  /** When the state changes by itself. */
  readonly deadline: number | null;
  /** The offline that follows, or followed, was reported; only then its end is news. */
  readonly reported: boolean;
  /** Coming back now is no blink: the hub or the parent was away, not the device. */
  readonly excused: boolean;
  readonly blinks: number;
  /** Transitions and blinks of the last 10 minutes. */
  readonly moves: readonly number[];
  /** Set while flapping: when it counts as steady again. */
  readonly steadyAt: number | null;
  /** The last sessions: was each one short and cleanly ended, as those of a sleeper are? */
  readonly naps: readonly boolean[];
  /** Time the hub was away during this outage: part of no outage. */
  readonly hubDownMs: number;
  readonly skippedMs: number;
}

export type PresenceInput =
  | { readonly type: "up"; readonly clientId: string; readonly epoch: number }
  | { readonly type: "down"; readonly clientId: string; readonly epoch: number; readonly cause: SessionCause }
  /** The client turned out to speak for several devices: it is no session of this one. */
  | { readonly type: "unbind"; readonly clientId: string }
  | {
      readonly type: "availability";
      readonly value: AvailabilityValue;
      /** A retained value replayed. */
      readonly initial?: boolean;
      /** Published by a live session of the device itself. */
      readonly own?: boolean;
    }
  | { readonly type: "activity" }
  | { readonly type: "parent"; readonly online: boolean }
  | { readonly type: "hub-start"; readonly downMs: number }
  | { readonly type: "timer" };

export interface PresenceSettings {
  /** How long a device may be away before it counts as offline. @default 30000 */
  readonly graceMs: number;
  /** What a clean DISCONNECT means. `auto` learns sleepers. */
  readonly onClean: "grace" | "offline" | "sleeping" | "auto";
  /** How often it speaks, as far as known. */
  readonly intervalMs?: number | undefined;
  /** When it last spoke. */
  readonly lastSeenAt?: number | undefined;
}

/** One thing to report. */
export interface PresenceNews {
  readonly event: PresenceEventName;
  readonly state: PresenceState;
  readonly previous: PresenceState;
  readonly reason: string;
  readonly since: number;
  /** ms, from the loss to the return; the hub's own downtime is left out. */
  readonly outageMs?: number;
  readonly hubDownMs?: number;
  readonly blinks: number;
  /** The first time this device was seen. */
  readonly first?: boolean;
}

export interface PresenceStep {
  readonly record: PresenceRecord;
  readonly events: readonly PresenceNews[];
  /** When to call again with `timer`; `null` when nothing is pending. */
  readonly deadline: number | null;
}
