/** A rate that may be used ahead of time, up to a burst. Time is an argument, in ms. */
export interface TokenBucket {
  /** Uses so many tokens; false when the balance is below zero now and must be waited for. */
  spend(tokens: number, at: number): boolean;
  /** How long until the balance is at least so much; 0 when it is. */
  waitMs(balance: number, at: number): number;
}

/** A bucket starts full; `burstS` seconds' worth of its rate fit into it. */
export function createTokenBucket(rate: {
  readonly perSecond: number;
  readonly burstS: number;
}): TokenBucket {
  return new Balance(rate);
}

/** A class, because every connection has two: numbers in closures take three times as much. */
class Balance implements TokenBucket {
  readonly #perSecond: number;
  /** In thousandths of a token, so that whole milliseconds give whole numbers. */
  readonly #capacity: number;
  #balance: number;
  #filledAt: number | undefined;

  constructor({ perSecond, burstS }: Parameters<typeof createTokenBucket>[0]) {
    this.#perSecond = perSecond;
    this.#capacity = perSecond * burstS * 1_000;
    this.#balance = this.#capacity;
  }

  spend(tokens: number, at: number): boolean {
    this.#refill(at);
    this.#balance -= tokens * 1_000;
    return this.#balance >= 0;
  }

  waitMs(wanted: number, at: number): number {
    this.#refill(at);
    return Math.max(0, Math.ceil((wanted * 1_000 - this.#balance) / this.#perSecond));
  }

  #refill(at: number): void {
    if (at === this.#filledAt) return;
    // A clock that was set back earns nothing, and must not stop the refill until it has caught up.
    const elapsedMs = Math.max(0, at - (this.#filledAt ?? at));
    this.#balance = Math.min(this.#capacity, this.#balance + elapsedMs * this.#perSecond);
    this.#filledAt = at;
  }
}
