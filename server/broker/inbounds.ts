import type { ConnectionsOptions } from "./connections.ts";
import type { Counters } from "./counters.ts";
import { createInbound } from "./inbound.ts";
import type { BrokerLimits } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { RareLog } from "./rareLog.ts";
import type { Schedule } from "./ticker.ts";

/** Parts that all watched clients share. */
export interface InboundsOptions {
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly rareLog: RareLog;
  readonly now: () => number;
  readonly schedule: Schedule;
  /** A client has been silent for too long. */
  readonly onIdle: (peer: Peer) => void;
}

/** Creates what watches how much each client sends; who is slowed down is counted and logged. */
export function createInbounds(options: InboundsOptions): ConnectionsOptions["createInbound"] {
  const { limits, counters, rareLog, now, schedule, onIdle } = options;
  return (peer, { clientId, ...client }) =>
    createInbound({
      ...client,
      inflow: peer.inflow,
      limits,
      now,
      schedule,
      onThrottled() {
        counters.throttled++;
        rareLog.info(`throttled ${clientId}`, { clientId }, "A client sends too fast and has to wait.");
      },
      onIdle: () => onIdle(peer),
    });
}
