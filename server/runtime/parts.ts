import type { DeviceRef } from "#flows/message.ts";
import type { AnyNode } from "#flows/node.ts";

/** A publish that the broker accepted. Times are ms since 1970. */
export interface RuntimeArrival {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly seenAt: number;
  readonly clientId: string | undefined;
  readonly user: string | undefined;
  readonly origin: { readonly cause: string; readonly hops: number } | undefined;
  /** Of a message that lies in the journal until the flows are done with it; it is the event id of their runs. */
  readonly journalId: string | undefined;
  /** Taken from the journal after a restart; `seenAt` is still when it came. */
  readonly replayed?: true;
}

/** A message of the journal that was not consumed when the hub ended. */
export interface Replay {
  readonly arrival: RuntimeArrival;
  /** Flows that are done with it. */
  readonly done: readonly string[];
}

/** A publish that a flow asks for. */
export interface RuntimePublish {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly origin: PublishOrigin;
}

export interface PublishOrigin {
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly cause: string;
  readonly hops: number;
}

/** An effect that has to be on disk before it leaves. */
export interface OutboxEntry {
  readonly id: string;
  readonly kind: "publish" | "notify" | "http";
  readonly target: string;
  readonly orderKey: string | null;
  readonly body: unknown;
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly createdAt: number;
}

export interface StateRow {
  readonly flow: string;
  readonly node: string;
  readonly key: string;
  /** JSON text; `null` forgets it. */
  readonly value: string | null;
}

export interface TimerRow {
  readonly flow: string;
  readonly node: string;
  readonly key: string;
  readonly timer: string;
  /** `null` cancels it. */
  readonly dueAt: number | null;
  readonly armedAt: number;
  readonly cause: string;
  readonly hops: number;
}

/** How far a commit brings messages of the journal. */
export interface JournalMarks {
  /** Ids of messages that no flow has to see any more. */
  readonly consumed?: readonly string[] | undefined;
  /** Flows that need not see a message again, while others still have to. */
  readonly doneFlows?:
    | readonly { readonly journalId: string; readonly flows: readonly string[] }[]
    | undefined;
}

/** What the runtime needs of the store: everything of one commit is written together or not at all. */
export interface RuntimeStore {
  load(flow: string): {
    readonly states: readonly { readonly node: string; readonly key: string; readonly value: string }[];
    readonly timers: readonly (Omit<TimerRow, "flow" | "dueAt"> & { readonly dueAt: number })[];
  };
  commit(
    changes: {
      readonly states: readonly StateRow[];
      readonly timers: readonly TimerRow[];
      readonly outbox: readonly OutboxEntry[];
    } & JournalMarks,
  ): Promise<void>;
}

export interface RuntimeLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What the runtime works with; `hub.ts` passes it. */
export interface RuntimeParts {
  readonly specs: readonly AnyNode[];
  readonly store: RuntimeStore;
  /** Publishes at once; the broker routes it like any other message. */
  readonly publish: (message: RuntimePublish) => void;
  /** New rows are in the outbox. */
  readonly outboxHasNew: () => void;
  readonly deviceOf: (
    topic: string,
    clientId: string | undefined,
    user: string | undefined,
  ) => DeviceRef | undefined;
  readonly retained: (
    filter: string,
  ) => readonly { readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1 | 2 }[];
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** The hub's IANA time zone. */
  readonly zone: () => string;
  readonly log: RuntimeLog;
  /** Makes event ids unique over restarts and hubs. */
  readonly bootId: string;
}
