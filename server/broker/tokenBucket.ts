/** A rate that may be used ahead of time, up to a burst. Time is an argument, in ms. */
export interface TokenBucket {
  /** Uses so many tokens; false when the balance is below zero now and must be waited for. */
  spend(tokens: number, at: number): boolean;
  /** How long until the balance is at least so much; 0 when it is. */
  waitMs(balance: number, at: number): number;
}

/** A bucket starts full; `burstS` seconds' worth of its rate fit into it. */
export function createTokenBucket({
  perSecond,
  burstS,
}: {
  readonly perSecond: number;
  readonly burstS: number;
}): TokenBucket {
  // In thousandths of a token, so that whole milliseconds give whole numbers.
  const capacity = perSecond * burstS * 1_000;
  let balance = capacity;
  let filledAt: number | undefined;

  function refill(at: number): void {
    if (at === filledAt) return;
    // A clock that was set back earns nothing, and must not stop the refill until it has caught up.
    const elapsedMs = Math.max(0, at - (filledAt ?? at));
    balance = Math.min(capacity, balance + elapsedMs * perSecond);
    filledAt = at;
  }

  return {
    spend(tokens, at) {
      refill(at);
      balance -= tokens * 1_000;
      return balance >= 0;
    },
    waitMs(wanted, at) {
      refill(at);
      return Math.max(0, Math.ceil((wanted * 1_000 - balance) / perSecond));
    },
  };
}
