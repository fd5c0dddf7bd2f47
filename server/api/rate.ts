/** A cap on how often each key may come: a bucket that fills steadily up to a burst. */
export interface Rate {
  /** 0 when the key may go on; otherwise ms until it may. */
  take(key: string): number;
}

export interface RateOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Keys that are remembered; beyond, the one that has been quiet longest is forgotten. */
  readonly keysMax: number;
  readonly now: () => number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Counts in memory; a key that nobody knows starts with a full bucket. */
export function createRate({ perSecond, burst, keysMax, now }: RateOptions): Rate {
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string, at: number): Bucket {
    const known = buckets.get(key);
    if (known === undefined) return { tokens: burst, at };
    // A clock that was set back must not empty the bucket for hours.
    const elapsedMs = Math.max(0, at - known.at);
    return { tokens: Math.min(burst, known.tokens + (elapsedMs / 1_000) * perSecond), at };
  }

  return {
    take(key) {
      const bucket = bucketOf(key, now());
      const isAllowed = bucket.tokens >= 1;
      if (isAllowed) bucket.tokens -= 1;
      // Deleted first, so that the map stays ordered by last use.
      buckets.delete(key);
      buckets.set(key, bucket);
      const [oldest] = buckets.keys();
      if (buckets.size > keysMax && oldest !== undefined) buckets.delete(oldest);
      return isAllowed ? 0 : Math.ceil(((1 - bucket.tokens) / perSecond) * 1_000);
    },
  };
}
