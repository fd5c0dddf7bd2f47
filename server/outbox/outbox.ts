import type { OutboxLog } from "./outboxLog.ts";
import type { Performer } from "./performer.ts";
import { attempt, messageOf } from "./attempt.ts";
import { overflowing } from "./backlog.ts";
import { createBreakers, type OpenBreaker } from "./breakers.ts";
import { createOrderKeys } from "./orderKeys.ts";
import { outboxLimits, type OutboxLimits } from "./outboxLimits.ts";
import type { EffectKind, OutboxRow, OutboxStore, OutboxTotals } from "./outboxStore.ts";
import { createResults, type OutboxResult } from "./results.ts";
import { createSettlement } from "./settlement.ts";
import { createSlots } from "./slots.ts";
import { createWakes } from "./wakes.ts";

export type { Performer } from "./performer.ts";

export interface OutboxCounts extends OutboxTotals {
  /** Since the hub started. */
  readonly sent: number;
  readonly retried: number;
  readonly buried: number;
  readonly inFlight: number;
  readonly openBreakers: readonly OpenBreaker[];
}

export interface OutboxParts {
  readonly store: OutboxStore;
  readonly perform: Performer | Readonly<Partial<Record<EffectKind, Performer>>>;
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly random: () => number;
  readonly log: OutboxLog;
  readonly limits?: Partial<OutboxLimits>;
}

export interface Outbox {
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** New rows were committed. */
  poke: () => void;
  counts: () => OutboxCounts;
  onResult: (listener: (result: OutboxResult) => void) => () => void;
  /** Tries a dead letter again, as if it were new; false when there is none. */
  revive: (seq: number) => Promise<boolean>;
  discard: (seq: number) => Promise<boolean>;
}

/** Rows read at first; more when all of them have to wait. */
const PAGE_ROWS = 256;
const PAGE_ROWS_MAX = 16_384;
/** Rows read at the start, to learn which order keys wait for a retry. */
const START_ROWS = 50_000;
/** A lease outlives the attempt, so that no second one starts before the first was cut off. */
const LEASE_MARGIN_MS = 15_000;
/** Rows may be written without a poke, and a clock may jump. */
const POLL_MS = 5_000;
/** Pause after the store failed, so that a full disk is not asked in a loop. */
const STORE_PAUSE_MS = 1_000;
const OVERFLOW_CHECK_MS = 10_000;
/** So few rows never overflow: an effect has at most 256 KiB. */
const OVERFLOW_ROWS_MIN = 200;
/** Rows worked on at once, publishes to the own broker included. */
const INSIDE_MAX = 512;

/** Performs what runs committed: leased, retried, in order where asked, and given up only with a reason. */
export function createOutbox(parts: OutboxParts): Outbox {
  const { store, now, schedule, random, log } = parts;
  const limits = { ...outboxLimits, ...parts.limits };
  const breakers = createBreakers();
  const order = createOrderKeys();
  const slots = createSlots(limits);
  const wakes = createWakes();
  const results = createResults(log);
  const underWay = new Map<number, { readonly abort: AbortController; readonly done: Promise<void> }>();
  const settlement = createSettlement({
    store,
    now,
    random,
    log,
    limits,
    breakers,
    order,
    wakes,
    results,
    poke,
  });
  let running = false;
  let pumpQueued = false;
  let cancelTimer: (() => void) | undefined;
  let pausedUntil = 0;
  let overflowCheckAt = 0;

  function poke(): void {
    if (!running || pumpQueued) return;
    pumpQueued = true;
    queueMicrotask(() => {
      pumpQueued = false;
      if (running) pump();
    });
  }

  function pump(): void {
    cancelTimer?.();
    const nowMs = now();
    try {
      if (nowMs >= pausedUntil) {
        shedOverflow(nowMs);
        startDue(nowMs);
      }
    } catch (error) {
      storeFailed(error);
    }
    cancelTimer = schedule(poke, Math.max(1, nextWakeMs(nowMs) - nowMs));
  }

  function startDue(nowMs: number): void {
    for (let max = PAGE_ROWS; max <= PAGE_ROWS_MAX && underWay.size < INSIDE_MAX; max *= 4) {
      const page = store.due(nowMs, max);
      for (const row of page) {
        if (underWay.has(row.seq)) continue;
        if (isInside(row)) {
          // The broker routes in the order of the calls, so a publish need not wait for the one before to be settled.
          if (underWay.size < INSIDE_MAX) publish(row);
          continue;
        }
        order.hold(row);
        if (!breakers.allows(row.target, nowMs)) expire(row, nowMs);
        else if (order.mayStart(row) && slots.take(row.target)) begin(row);
      }
      if (page.length < max) return;
    }
  }

  /** The broker is in this process: no target to spare, and no lease, for nobody else could take the row. */
  function publish(row: OutboxRow): void {
    track(row, async ({ signal }) =>
      settlement.settle(row, await attempt(row, performerOf(row), signal), false),
    );
  }

  /** A row whose target never comes back must end too, although nobody calls it any more. */
  function expire(row: OutboxRow, nowMs: number): void {
    if (!settlement.isTooOld(row, nowMs) || !order.mayStart(row)) return;
    track(row, () => settlement.expire(row, "The target did not answer."));
  }

  function shedOverflow(nowMs: number): void {
    if (nowMs < overflowCheckAt) return;
    overflowCheckAt = nowMs + OVERFLOW_CHECK_MS;
    if (store.counts().pending < Math.min(OVERFLOW_ROWS_MIN, limits.rowsPerTarget)) return;
    for (const row of overflowing(store.due(Number.MAX_SAFE_INTEGER, START_ROWS), limits))
      if (!underWay.has(row.seq))
        track(row, () =>
          settlement.bury(row, "overflow", `Too many actions wait for ${row.target}; this one was given up.`),
        );
  }

  function begin(row: OutboxRow): void {
    const isProbe = breakers.started(row.target);
    track(row, async (abort) => {
      const cancelCut = schedule(() => abort.abort(), limits.attemptMs);
      try {
        if (!(await store.lease(row.seq, row.attempt, now() + limits.attemptMs + LEASE_MARGIN_MS))) return;
        const outcome = await attempt(row, performerOf(row), abort.signal);
        // A stopping hub leaves the row as it is: it was not the target that failed.
        if (running || outcome.outcome !== "retry") await settlement.settle(row, outcome, isProbe);
      } finally {
        cancelCut();
        if (isProbe) breakers.abandoned(row.target);
        slots.give(row.target);
      }
    });
  }

  function performerOf(row: OutboxRow): Performer | undefined {
    return typeof parts.perform === "function" ? parts.perform : parts.perform[row.kind];
  }

  /** Runs work on a row; whatever happens, the row is free again afterwards and the error is told. */
  function track(row: OutboxRow, work: (abort: AbortController) => Promise<void>): void {
    const abort = new AbortController();
    const run = async () => {
      try {
        await work(abort);
      } catch (error) {
        storeFailed(error);
      } finally {
        underWay.delete(row.seq);
        poke();
      }
    };
    // The entry must be there before the work runs its first step, which may end at once.
    const started = Promise.resolve();
    underWay.set(row.seq, { abort, done: started.then(run) });
  }

  function storeFailed(error: unknown): void {
    pausedUntil = now() + STORE_PAUSE_MS;
    log.error({ err: error }, `The outbox could not be read or written: ${messageOf(error)}`);
  }

  function nextWakeMs(nowMs: number): number {
    if (nowMs < pausedUntil) return pausedUntil;
    return Math.min(nowMs + POLL_MS, wakes.next(nowMs), breakers.nextProbeAt(nowMs));
  }

  return {
    async start() {
      if (running) return;
      await store.releaseLeases();
      for (const row of store.due(Number.MAX_SAFE_INTEGER, START_ROWS)) {
        order.hold(row);
        if (row.nextAt > now()) wakes.add(row.seq, row.nextAt);
      }
      running = true;
      poke();
    },
    async stop() {
      if (!running) return;
      running = false;
      cancelTimer?.();
      const all = [...underWay.values()];
      const finished = Promise.all(all.map(({ done }) => done));
      let cancelWait: (() => void) | undefined;
      const patience = new Promise<void>((resolve) => (cancelWait = schedule(resolve, limits.stopMs)));
      await Promise.race([finished, patience]);
      cancelWait?.();
      for (const { abort } of all) abort.abort();
      await finished;
      await store.releaseLeases();
    },
    poke,
    counts: () => ({
      ...store.counts(),
      ...settlement.totals(),
      inFlight: underWay.size,
      openBreakers: breakers.open(),
    }),
    onResult: results.onResult,
    async revive(seq) {
      const isThere = await settlement.revive(seq);
      poke();
      return isThere;
    },
    discard: async (seq) => (await store.discard(seq)) !== false,
  };
}

function isInside({ kind }: OutboxRow): boolean {
  return kind === "publish";
}
