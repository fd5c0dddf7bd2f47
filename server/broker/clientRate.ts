import type { Inflow } from "./inflow.ts";
import type { BrokerLimits } from "./limits.ts";
import { createTokenBucket } from "./tokenBucket.ts";

/** Slows a client down that sends more than it may; nothing is dropped. */
export interface ClientRate {
  /** So many bytes were read. */
  read(bytes: number): void;
  /** So many messages or requests came. */
  count(messages: number): void;
  /** How often the client was made to wait. */
  throttled(): number;
  close(): void;
}

/** Parts of the rate of one client. */
export interface ClientRateOptions {
  readonly inflow: Inflow;
  readonly limits: Pick<BrokerLimits, "messagesPerSecond" | "bytesPerSecond" | "burstS">;
  readonly now: () => number;
  /** Runs later, unless the answer is called before. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly onThrottled: () => void;
}

/** One timer runs while the client waits, none otherwise. */
export function createClientRate(options: ClientRateOptions): ClientRate {
  const { inflow, limits, now, schedule, onThrottled } = options;
  const { burstS } = limits;
  const messages = createTokenBucket({ perSecond: limits.messagesPerSecond, burstS });
  const bytes = createTokenBucket({ perSecond: limits.bytesPerSecond, burstS });
  let readAt = now();
  let throttled = 0;
  let isClosed = false;
  let cancel: (() => void) | undefined;

  function waitMs(): number {
    return Math.max(messages.waitMs(0, readAt), bytes.waitMs(0, readAt));
  }

  function settle(): void {
    if (isClosed || cancel !== undefined) return;
    const delayMs = waitMs();
    if (delayMs === 0) return;
    throttled++;
    onThrottled();
    inflow.hold("rate");
    cancel = schedule(proceed, delayMs);
  }

  function proceed(): void {
    readAt = now();
    // The piece that was read before the pause may have held more than was known when the pause began.
    const delayMs = waitMs();
    cancel = delayMs === 0 ? undefined : schedule(proceed, delayMs);
    if (delayMs === 0) inflow.release("rate");
  }

  return {
    read(length) {
      readAt = now();
      if (!bytes.spend(length, readAt)) settle();
    },
    count(arrived) {
      // The clock is asked once for each piece read, not for each message in it.
      if (!messages.spend(arrived, readAt)) settle();
    },
    throttled: () => throttled,
    close() {
      isClosed = true;
      cancel?.();
    },
  };
}
