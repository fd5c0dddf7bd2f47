/** Shortest wait before the next attempt. */
const WAIT_MIN_MS = 500;
const WAIT_MAX_MS = 300_000;
const WAIT_BASE_MS = 1_000;
/** A receiver may ask for a longer pause, but not for ever. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/**
 * When to try again after `attempt` earlier failures: uniform between half a second and a doubling limit, so that
 * many rows that failed together do not come back together. A receiver that named its own time is believed up to 1 h.
 */
export function retryDelayMs(given: {
  readonly attempt: number;
  readonly random: () => number;
  readonly retryAfterMs?: number | undefined;
}): number {
  if (given.retryAfterMs !== undefined)
    return Math.min(RETRY_AFTER_MAX_MS, Math.max(WAIT_MIN_MS, given.retryAfterMs));
  const longestMs = Math.min(WAIT_MAX_MS, WAIT_BASE_MS * 2 ** given.attempt);
  return Math.round(WAIT_MIN_MS + given.random() * (longestMs - WAIT_MIN_MS));
}
