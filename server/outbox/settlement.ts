import { retryDelayMs } from "./backoff.ts";
import type { Breakers } from "./breakers.ts";
import type { OrderKeys } from "./orderKeys.ts";
import type { OutboxLog } from "./outboxLog.ts";
import type { OutboxLimits } from "./outboxLimits.ts";
import type { DeathReason, OutboxRow, OutboxStore } from "./outboxStore.ts";
import type { Outcome } from "./outcome.ts";
import type { OutboxResult, Results } from "./results.ts";
import type { Wakes } from "./wakes.ts";

/** Writes down how attempts ended, and tells those who wait for it. */
export interface Settlement {
  settle: (row: OutboxRow, outcome: Outcome, isProbe: boolean) => Promise<void>;
  bury: (row: OutboxRow, reason: DeathReason, error: string) => Promise<void>;
  expire: (row: OutboxRow, lastError: string) => Promise<void>;
  isTooOld: (row: OutboxRow, nowMs: number) => boolean;
  revive: (seq: number) => Promise<boolean>;
  totals: () => { readonly sent: number; readonly retried: number; readonly buried: number };
}

export interface SettlementParts {
  readonly store: OutboxStore;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: OutboxLog;
  readonly limits: Pick<OutboxLimits, "maxAgeMs">;
  readonly breakers: Breakers;
  readonly order: OrderKeys;
  readonly wakes: Wakes;
  readonly results: Results;
  readonly poke: () => void;
}

/** A row ends delivered or dead; until then it is tried again. */
export function createSettlement(parts: SettlementParts): Settlement {
  const { store, now, random, log, limits, breakers, order, wakes, results, poke } = parts;
  const revivedAt = new Map<number, number>();
  const totals = { sent: 0, retried: 0, buried: 0 };

  async function settle(row: OutboxRow, outcome: Outcome, isProbe: boolean): Promise<void> {
    if (outcome.outcome === "delivered") {
      // The next one of its key need not wait for the disk: deletions are written in the order they are asked for.
      order.release(row);
      if (row.orderKey !== null) poke();
      await store.delivered(row.seq);
      totals.sent += 1;
      breakers.answered(row.target);
      ended(row, { ok: true, ...answerOf(outcome) });
    } else if (outcome.outcome === "refused") {
      if (outcome.reason !== "policy") breakers.answered(row.target);
      await bury(row, outcome.reason, outcome.error, outcome);
    } else {
      breakers.failed(row.target, now(), isProbe);
      await again(row, outcome);
    }
  }

  async function again(row: OutboxRow, outcome: Extract<Outcome, { outcome: "retry" }>): Promise<void> {
    const delayMs = retryDelayMs({ attempt: row.attempt, random, retryAfterMs: outcome.retryAfterMs });
    const nextAt = now() + delayMs;
    if (isTooOld(row, nextAt)) return bury(row, "expired", expiredText(row, outcome.error), outcome);
    await store.retry(row.seq, nextAt, outcome.error);
    totals.retried += 1;
    wakes.add(row.seq, nextAt);
  }

  async function bury(row: OutboxRow, reason: DeathReason, error: string, outcome?: Outcome): Promise<void> {
    await store.bury(row.seq, reason, error);
    totals.buried += 1;
    log.warn({ effect: row.id, target: row.target, flow: row.flow, node: row.node, reason }, error);
    ended(row, { ok: false, reason, error, ...(outcome && answerOf(outcome)) });
  }

  function ended(row: OutboxRow, ending: Parameters<typeof results.tell>[1]): void {
    order.release(row);
    wakes.remove(row.seq);
    revivedAt.delete(row.seq);
    results.tell(row, ending);
  }

  /** A revived row is as good as new, although it keeps its date. */
  function isTooOld(row: OutboxRow, nowMs: number): boolean {
    return nowMs - (revivedAt.get(row.seq) ?? row.createdAt) > limits.maxAgeMs;
  }

  return {
    settle,
    bury: (row, reason, error) => bury(row, reason, error),
    expire: (row, lastError) => bury(row, "expired", expiredText(row, lastError)),
    isTooOld,
    async revive(seq) {
      revivedAt.set(seq, now());
      const isThere = (await store.revive(seq)) !== false;
      if (!isThere) revivedAt.delete(seq);
      return isThere;
    },
    totals: () => totals,
  };
}

function answerOf(outcome: Outcome): Pick<OutboxResult, "status" | "body"> {
  return {
    ...(outcome.status !== undefined && { status: outcome.status }),
    ...(outcome.body !== undefined && { body: outcome.body }),
  };
}

function expiredText(row: OutboxRow, lastError: string): string {
  return `Given up after ${row.attempt + 1} attempts because it is too old. ${lastError}`;
}
