import type { FlowDocument } from "#flows/flow.ts";

/** A document and what was selected in it. */
export interface Moment {
  readonly document: FlowDocument;
  readonly selection: ReadonlySet<string>;
}

/** A change that can be taken back; `label` names it in the menu. */
export interface HistoryStep {
  readonly label: string;
  readonly before: Moment;
  readonly mergeKey: string | undefined;
  /** ms since 1970. */
  readonly at: number;
}

/** All steps are references into shared documents, so going back costs nothing, however large the flow. */
export interface History {
  readonly past: readonly HistoryStep[];
  readonly future: readonly HistoryStep[];
}

export const STEPS_KEPT = 200;
/** Typing and nudging that goes on within this time is one step. */
export const MERGE_WITHIN_MS = 800;

export const emptyHistory: History = { past: [], future: [] };

/** Remembers what was there before a change. */
export function remember(
  { past }: History,
  before: Moment,
  change: { readonly label: string; readonly mergeKey?: string | undefined; readonly atMs: number },
): History {
  const { label, mergeKey, atMs } = change;
  const last = past.at(-1);
  const merges = mergeKey !== undefined && last?.mergeKey === mergeKey && atMs - last.at < MERGE_WITHIN_MS;
  if (merges) return { past: [...past.slice(0, -1), { ...last, at: atMs }], future: [] };
  return { past: [...past, { label, before, mergeKey, at: atMs }].slice(-STEPS_KEPT), future: [] };
}

/** Goes one step back; `undefined` when there is none. */
export function undo(
  history: History,
  now: Moment,
): { readonly history: History; readonly moment: Moment } | undefined {
  const step = history.past.at(-1);
  if (step === undefined) return undefined;
  const future = [...history.future, { ...step, before: now }];
  return { history: { past: history.past.slice(0, -1), future }, moment: step.before };
}

/** Takes back the last undo. */
export function redo(
  history: History,
  now: Moment,
): { readonly history: History; readonly moment: Moment } | undefined {
  const step = history.future.at(-1);
  if (step === undefined) return undefined;
  const past = [...history.past, { ...step, before: now, mergeKey: undefined }];
  return { history: { past, future: history.future.slice(0, -1) }, moment: step.before };
}
