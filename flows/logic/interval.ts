/** The newest gaps between the messages of one key: plain JSON, so that it lives in state. */
export interface IntervalState {
  readonly gapsMs: readonly number[];
}

/** Nothing learned yet. */
export const noGaps: IntervalState = Object.freeze({ gapsMs: Object.freeze([]) });

/** Gaps kept, and gaps needed before the interval counts as known. */
const GAPS_MAX = 32;
const GAPS_KNOWN = 8;
/** Of 32 gaps the three longest may be accidents (a reconnect, a missed sample) and do not stretch the interval. */
const QUANTILE = 0.9;

/** Adds the time since the message before; a gap that is no positive number teaches nothing. */
export function learnGap(state: IntervalState, gapMs: number): IntervalState {
  if (!(gapMs > 0) || !Number.isFinite(gapMs)) return state;
  return { gapsMs: [...state.gapsMs.slice(1 - GAPS_MAX), gapMs] };
}

/** The interval in which nine of ten messages follow the one before (nearest rank), once 8 gaps are known. */
export function learnedIntervalMs({ gapsMs }: IntervalState): number | undefined {
  if (gapsMs.length < GAPS_KNOWN) return undefined;
  const sorted = gapsMs.toSorted((a, b) => a - b);
  return sorted[Math.ceil(QUANTILE * sorted.length) - 1];
}
