/** Learns how often a device speaks. */
export interface Interval {
  /** ms; `undefined` while unknown, or when there is no rhythm. */
  usualMs: number | undefined;
  readonly gaps: number[];
  /** When the last utterance began. */
  spokeAt: number | undefined;
}

const GAPS_KEPT = 32;
const GAPS_MIN = 8;
/** Several topics of one report are one utterance. */
const UTTERANCE_MS = 1_000;
/** A button or a motion sensor has no rhythm: its silence says nothing. */
const REGULAR_RATIO = 4;
/** Three of them must not be shorter than a usual grace. */
const USUAL_MIN_MS = 20_000;

/** Nothing heard yet. */
export function createInterval(): Interval {
  return { usualMs: undefined, gaps: [], spokeAt: undefined };
}

/** Takes note of a message; the rhythm is worked out anew every eighth time. */
export function heard(interval: Interval, atMs: number): void {
  const { spokeAt, gaps } = interval;
  if (spokeAt !== undefined && atMs - spokeAt < UTTERANCE_MS) return;
  interval.spokeAt = atMs;
  if (spokeAt === undefined) return;
  gaps.push(atMs - spokeAt);
  if (gaps.length % GAPS_MIN === 0) interval.usualMs = usual(gaps);
  if (gaps.length >= GAPS_KEPT) gaps.splice(0, GAPS_MIN);
}

function usual(gaps: readonly number[]): number | undefined {
  const sorted = gaps.toSorted((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const p90 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.9))] ?? 0;
  return p90 <= median * REGULAR_RATIO ? Math.max(USUAL_MIN_MS, p90) : undefined;
}
