import type { OutboxRow } from "./outboxStore.ts";
import type { Outcome } from "./outcome.ts";

/** Carries one effect out. It must stop when the signal aborts; what it throws counts as a reason to retry. */
export type Performer = (row: OutboxRow, signal: AbortSignal) => Promise<Outcome>;
