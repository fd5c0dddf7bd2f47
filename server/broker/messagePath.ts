import type { BrokerOptions } from "./brokerTypes.ts";
import { createBus, type Bus } from "./bus.ts";
import type { Counters } from "./counters.ts";
import { createIngest, type Ingest, type IngestOptions } from "./ingest.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { BrokerLimits } from "./limits.ts";
import { createRetainedIndex, type RetainedIndex } from "./retained.ts";
import { createSessions, type Sessions, type SessionsOptions } from "./sessions.ts";
import type { KeptState } from "./storage.ts";

/** What a message passes between the one who sends it and the sessions that get it. */
export interface MessagePath {
  readonly ingest: Ingest;
  readonly bus: Bus;
  readonly sessions: Sessions;
  readonly retained: RetainedIndex;
  readonly ledger: Ledger;
  /** Takes up the messages of the last run; sessions come back by their owners. */
  restore(kept: Pick<KeptState, "lastSeq" | "retained">): void;
}

/** Parts the path is made of. */
export interface MessagePathOptions
  extends Pick<IngestOptions, "onDenied">, Pick<SessionsOptions, "onOverflow"> {
  readonly options: BrokerOptions;
  readonly limits: BrokerLimits;
  readonly counters: Counters;
}

/** Creates the path of messages; what is kept gets its names and numbers here. */
export function createMessagePath(parts: MessagePathOptions): MessagePath {
  const { options, limits, counters, onDenied, onOverflow } = parts;
  const { storage, now, log } = options;
  let lastSeq = 0;
  let lastId = 0;
  const bus = createBus({
    shareStrategy: limits.shareStrategy,
    onError(error, topic) {
      counters.routeFailures++;
      log.error({ err: error, topic }, "A message could not be handed to one of its listeners.");
    },
  });
  const ledger = createLedger({ storage, log });
  const retained = createRetainedIndex(limits, ledger);
  const nextSeq = (): number => ++lastSeq;
  const sessions = createSessions({ bus, limits, counters, ledger, nextSeq, onOverflow, now });
  const ingest = createIngest({
    bus,
    retained,
    ledger,
    counters,
    limits,
    isAwaited: options.isAwaited ?? (() => false),
    isBusy: options.isBusy ?? (() => false),
    nextId: () => `${options.bootId}-m${(++lastId).toString(36)}`,
    now,
    onDenied,
  });

  return {
    ingest,
    bus,
    sessions,
    retained,
    ledger,
    restore(kept) {
      lastSeq = kept.lastSeq;
      for (const message of kept.retained) retained.restore(message);
    },
  };
}
