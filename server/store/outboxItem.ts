import type { Page, PageRequest } from "./page.ts";

export type EffectKind = "publish" | "notify" | "http";

export interface NewOutboxItem {
  /** Idempotency key: the same for every attempt and every replay of the run. */
  readonly id: string;
  readonly kind: EffectKind;
  readonly target: string;
  /** Items of one target and key leave one at a time, in order; the sender sees to it. */
  readonly orderKey: string | null;
  /** Plain JSON. */
  readonly body: unknown;
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly createdAt: number;
  /** Default: at once. */
  readonly nextAt?: number | undefined;
}

export interface OutboxItem extends Omit<NewOutboxItem, "nextAt"> {
  readonly seq: number;
  /** How often it was tried and failed. */
  readonly attempt: number;
  readonly nextAt: number;
  readonly leaseUntil: number | null;
  readonly error: string | null;
}

export type OutboxState = "pending" | "leased" | "dead";

/** An item as lists show it. */
export interface OutboxEntry extends Omit<NewOutboxItem, "nextAt"> {
  readonly seq: number;
  readonly state: OutboxState;
  readonly attempt: number;
  readonly nextAt: number | null;
  readonly diedAt: number | null;
  readonly reason: string | null;
  readonly error: string | null;
}

/** Identity I4: `made` = `sent` + `dead` + `discarded` + `dropped` + `pending`, exactly, over any crash. */
export interface OutboxCounts {
  readonly made: number;
  readonly sent: number;
  readonly dead: number;
  readonly discarded: number;
  /** Dead letters that aged out. */
  readonly dropped: number;
  /** Neither sent nor given up, leased ones included. */
  readonly pending: number;
  readonly leased: number;
}

/** Effects on their way out. A row leaves only by being sent, buried or discarded. */
export interface OutboxStore {
  /** An item whose id is already here or among the dead is passed over. */
  readonly add: (items: readonly NewOutboxItem[]) => Promise<void>;
  /** Items to try now that nobody holds, lowest `seq` first. */
  readonly due: (now: number, max: number) => readonly OutboxItem[];
  /** `false`: the item is gone, leased by another, or at another attempt. */
  readonly lease: (seq: number, attempt: number, until: number) => Promise<boolean>;
  readonly delivered: (seq: number) => Promise<void>;
  /** Gives the lease back; the next attempt is one higher. */
  readonly retry: (seq: number, nextAt: number, error: string) => Promise<void>;
  /** Moves the item to the dead letters. */
  readonly bury: (seq: number, reason: string, error: string | null) => Promise<void>;
  /** A dead item gets a new life with fresh attempts. */
  readonly revive: (seq: number) => Promise<boolean>;
  /** Gives up an item that is dead or not leased. */
  readonly discard: (seq: number) => Promise<boolean>;
  /** At start nobody holds a lease. */
  readonly releaseLeases: () => Promise<void>;
  /** Newest first. */
  readonly list: (request: OutboxRequest) => Page<OutboxEntry>;
  readonly counts: () => OutboxCounts;
}

export interface OutboxRequest extends PageRequest {
  readonly state: OutboxState;
}
