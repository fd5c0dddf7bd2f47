/** What an effect is: a message to devices, a notice to people, a call to a web service. */
export type EffectKind = "publish" | "notify" | "http";

/** An effect that was committed with its run and has not left yet. Times are ms since 1970. */
export interface OutboxRow {
  readonly seq: number;
  /** Idempotency key, the same for every attempt and every replay of the run. */
  readonly id: string;
  readonly kind: EffectKind;
  /** Who receives it: a channel, a host, the broker. Slots and breakers are counted per target. */
  readonly target: string;
  /** Rows with one key leave one at a time, in the order of `seq`. */
  readonly orderKey: string | null;
  readonly body: unknown;
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  /** Attempts that failed so far. */
  readonly attempt: number;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly leaseUntil: number | null;
  readonly error: string | null;
}

/** Why a row was given up. Performers may name reasons of their own. */
export type DeathReason = "refused" | "policy" | "expired" | "overflow" | (string & {});

/** How many rows lie where. */
export interface OutboxTotals {
  /** Not delivered and not given up, leased ones included. */
  readonly pending: number;
  readonly dead: number;
}

/** Where rows are kept. Every promise resolves once the change is durable. */
export interface OutboxStore {
  /** Pending rows with `nextAt <= nowMs` and no lease beyond `nowMs`, lowest `seq` first. */
  due: (nowMs: number, max: number) => readonly OutboxRow[];
  /** Takes the row if its attempt is still this one and nobody holds it; false when somebody was faster. */
  lease: (seq: number, attempt: number, untilMs: number) => Promise<boolean>;
  delivered: (seq: number) => Promise<void>;
  /** Gives the lease back; the next attempt is one higher. */
  retry: (seq: number, nextAt: number, error: string) => Promise<void>;
  /** Moves the row to the dead letters. */
  bury: (seq: number, reason: DeathReason, error: string) => Promise<void>;
  /** After a restart nobody performs what was leased. */
  releaseLeases: () => Promise<void>;
  /** A dead letter becomes due again, with no attempts made; `false` when there is none. */
  revive: (seq: number) => Promise<unknown>;
  /** A dead letter is forgotten; `false` when there is none. */
  discard: (seq: number) => Promise<unknown>;
  counts: () => OutboxTotals;
}
