/** Ends a connection on which nothing moves. */
export interface IdleLimit {
  /** Something came from the client. */
  heard(): void;
  close(): void;
}

/** Parts of an idle limit. */
export interface IdleLimitOptions {
  readonly idleMs: number;
  readonly now: () => number;
  /** Runs later, unless the answer is called before. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Rises with everything that was sent to the client. */
  readonly sent: () => number;
  readonly onIdle: () => void;
}

/**
 * For clients without keep-alive: a half-open connection is found by TCP, one that lives and says nothing only here.
 * One timer for each, which looks again when there was something meanwhile.
 */
export function createIdleLimit({ idleMs, now, schedule, sent, onIdle }: IdleLimitOptions): IdleLimit {
  let activeAt = now();
  let sentBefore = sent();
  let cancel = schedule(look, idleMs);

  function look(): void {
    if (sent() !== sentBefore) activeAt = now();
    sentBefore = sent();
    const leftMs = activeAt + idleMs - now();
    if (leftMs > 0) cancel = schedule(look, leftMs);
    else onIdle();
  }

  return {
    heard() {
      activeAt = now();
    },
    close: () => cancel(),
  };
}
