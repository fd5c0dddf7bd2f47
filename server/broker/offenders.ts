import { isLoopback } from "./address.ts";
import { createBans, type Bans } from "./bans.ts";
import type { Counters } from "./counters.ts";
import type { BrokerFinding } from "./finding.ts";
import type { BrokerLimits } from "./limits.ts";
import type { Log } from "./log.ts";

/** Who is shut out for a while. */
export interface Offenders {
  /** Client ids that several devices fight for. */
  readonly flapping: Bans;
  /** Addresses that keep violating the protocol. */
  readonly violators: Bans;
}

/** Parts the offenders are judged with. */
export interface OffendersOptions {
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly now: () => number;
  readonly log: Log;
  readonly onFinding: (finding: BrokerFinding) => void;
}

/** Creates both tables; each ban is counted, logged and told. */
export function createOffenders(options: OffendersOptions): Offenders {
  const { limits, counters, now, log, onFinding } = options;
  const flapping = createBans({
    strikesOf: () => limits.takeoversPerClient,
    banMs: limits.banMs,
    now,
    onBan({ key: clientId, notes, until }) {
      counters.banned.flapping++;
      log.warn(
        { clientId, addresses: notes, until },
        "Two devices seem to share a client id; it is refused.",
      );
      onFinding({ kind: "flapping", clientId, addresses: notes, until });
    },
  });
  const violators = createBans({
    strikesOf: (address) =>
      isLoopback(address) ? limits.protocolErrorsFromLoopback || Infinity : limits.protocolErrorsPerAddress,
    banMs: limits.banMs,
    now,
    onBan({ key: address, until }) {
      counters.banned["protocol-errors"]++;
      log.warn({ address, until }, "An address that kept violating the protocol is refused.");
      onFinding({ kind: "protocol-errors", address, until });
    },
  });
  return { flapping, violators };
}
