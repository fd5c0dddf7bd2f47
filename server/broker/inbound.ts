import { createClientRate } from "./clientRate.ts";
import { createIdleLimit } from "./idleLimit.ts";
import type { Inflow } from "./inflow.ts";
import type { BrokerLimits } from "./limits.ts";

/** Watches how much a client sends: too fast, it is slowed down; nothing at all for long, it is closed. */
export interface Inbound {
  read(bytes: number): void;
  /** So many messages or requests came; acknowledgements are answers to us and count as bytes only. */
  count(messages: number): void;
  /** How often the client was made to wait. */
  throttled(): number;
  close(): void;
}

/** Parts that watch one client. */
export interface InboundOptions {
  readonly inflow: Inflow;
  readonly limits: BrokerLimits;
  /** 0: the client shows no sign of life by itself. */
  readonly keepAliveS: number;
  readonly sent: () => number;
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly onThrottled: () => void;
  readonly onIdle: () => void;
}

/** A client may be silent for so many times its keep-alive [MQTT-3.1.2-24]. */
const KEEP_ALIVE_FACTOR = 1.5;

/** The idle limit is for clients that keep-alive would not find sooner. */
export function createInbound(options: InboundOptions): Inbound {
  const { idleMs } = options.limits;
  const silentMs = options.keepAliveS * KEEP_ALIVE_FACTOR * 1_000;
  const isWatched = silentMs === 0 || silentMs > idleMs;
  const idle = isWatched ? createIdleLimit({ ...options, idleMs }) : undefined;
  const rate = createClientRate(options);
  return {
    read(bytes) {
      idle?.heard();
      rate.read(bytes);
    },
    count: rate.count,
    throttled: rate.throttled,
    close() {
      idle?.close();
      rate.close();
    },
  };
}
