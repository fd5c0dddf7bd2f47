import { isLoopback } from "./address.ts";
import type { BrokerLimits } from "./limits.ts";
import { createTokenBucket, type TokenBucket } from "./tokenBucket.ts";

/** How fast new connections may come. */
export interface ConnectRate {
  /** Charges the address; false when it connects too often. */
  fromAddress(address: string): boolean;
  /** How long the next connection has to wait for its turn; 0 charges it at once. */
  turnMs(): number;
}

/** Addresses remembered; beyond it the ones that connected longest ago are forgotten. */
const ADDRESSES_MAX = 10_000;

/** All buckets are full at first. */
export function createConnectRate(limits: BrokerLimits, now: () => number): ConnectRate {
  const { burstS } = limits;
  const all = createTokenBucket({ perSecond: limits.connectsPerSecond, burstS });
  const byAddress = new Map<string, TokenBucket>();

  function bucketOf(address: string): TokenBucket {
    const perSecond = isLoopback(address)
      ? limits.connectsPerSecondFromLoopback
      : limits.connectsPerSecondPerAddress;
    const bucket = byAddress.get(address) ?? createTokenBucket({ perSecond, burstS });
    byAddress.delete(address);
    byAddress.set(address, bucket);
    const [oldest] = byAddress.keys();
    if (byAddress.size > ADDRESSES_MAX && oldest !== undefined) byAddress.delete(oldest);
    return bucket;
  }

  return {
    fromAddress(address) {
      const at = now();
      const bucket = bucketOf(address);
      if (bucket.waitMs(1, at) > 0) return false;
      bucket.spend(1, at);
      return true;
    },
    turnMs() {
      const at = now();
      const waitMs = all.waitMs(1, at);
      if (waitMs === 0) all.spend(1, at);
      return waitMs;
    },
  };
}
