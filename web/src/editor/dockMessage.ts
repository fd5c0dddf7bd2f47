import type { LiveValue } from "#server/api/contract.ts";

/** A value that left a node, kept for the list. */
export interface DockMessage extends LiveValue {
  readonly key: number;
}

export const MESSAGES_KEPT = 1_000;
