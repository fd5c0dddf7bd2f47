import type { OutboxLog } from "./outboxLog.ts";
import type { DeathReason, EffectKind, OutboxRow } from "./outboxStore.ts";

/** How an effect ended for good. */
export interface OutboxResult {
  readonly id: string;
  readonly kind: EffectKind;
  readonly target: string;
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly ok: boolean;
  /** Calls made, the last one included. */
  readonly attempts: number;
  readonly reason?: DeathReason;
  readonly error?: string;
  readonly status?: number;
  readonly body?: string;
}

/** Tells listeners how rows ended; one that fails disturbs neither the others nor the outbox. */
export interface Results {
  tell: (row: OutboxRow, ending: Pick<OutboxResult, "ok" | "reason" | "error" | "status" | "body">) => void;
  /** Returns its own off. */
  onResult: (listener: (result: OutboxResult) => void) => () => void;
}

/** Keeps nothing but the listeners: what nobody hears is in the store all the same. */
export function createResults(log: OutboxLog): Results {
  const listeners = new Set<(result: OutboxResult) => void>();
  return {
    tell(row, ending) {
      const { id, kind, target, flow, node, run } = row;
      for (const listener of listeners)
        try {
          listener({ id, kind, target, flow, node, run, attempts: row.attempt + 1, ...ending });
        } catch (error) {
          log.error({ err: error, effect: id }, "A listener for results of the outbox failed.");
        }
    },
    onResult(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
