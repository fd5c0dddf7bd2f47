import type { Duplex } from "node:stream";
import { isLoopback } from "./address.ts";
import { createConnectRate } from "./connectRate.ts";
import type { BrokerLimits } from "./limits.ts";
import { createTally } from "./tally.ts";

/** Counts open connections, says which new one is too many, and lets others wait for their turn. */
export interface Gate {
  /**
   * The reason to refuse, or `undefined`: then it is counted in until its end, and `onTurn` is called now or, when
   * many come at once, later. Nothing may be read from it before.
   */
  enter(connection: Duplex, address: string, onTurn: () => void): string | undefined;
  /** Its CONNECT was accepted. */
  admit(connection: Duplex): void;
  /** Destroys what is still open, and waits until it is gone. */
  closeAll(): Promise<void>;
  readonly count: number;
  /** Connections that wait for their turn. */
  readonly waiting: number;
}

/** What a gate works with. */
export interface GateOptions {
  readonly limits: BrokerLimits;
  readonly now: () => number;
  /** Runs later, unless the answer is called before. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Creates a gate for all listeners together. */
export function createGate({ limits, now, schedule }: GateOptions): Gate {
  const rate = createConnectRate(limits, now);
  const open = new Set<Duplex>();
  const strangers = new Set<Duplex>();
  const waiting = new Map<Duplex, () => void>();
  const perAddress = createTally();
  let cancel: (() => void) | undefined;

  function leave(connection: Duplex, address: string): void {
    open.delete(connection);
    waiting.delete(connection);
    perAddress.remove(address);
    admit(connection);
  }

  function admit(connection: Duplex): void {
    if (strangers.delete(connection)) letIn();
  }

  function letIn(): void {
    if (cancel !== undefined) return;
    for (const [connection, onTurn] of waiting) {
      if (strangers.size >= limits.connectionsUnauthenticated) return;
      const turnMs = rate.turnMs();
      if (turnMs > 0) {
        cancel = schedule(() => {
          cancel = undefined;
          letIn();
        }, turnMs);
        return;
      }
      waiting.delete(connection);
      strangers.add(connection);
      onTurn();
    }
  }

  function refusal(address: string): string | undefined {
    const addressMax = isLoopback(address) ? limits.connectionsFromLoopback : limits.connectionsPerAddress;
    if (open.size >= limits.connections) return "connections";
    if (perAddress.of(address) >= addressMax) return "connections-per-address";
    return rate.fromAddress(address) ? undefined : "connect-rate";
  }

  return {
    enter(connection, address, onTurn) {
      const reason = refusal(address);
      if (reason !== undefined) return reason;
      waiting.set(connection, onTurn);
      letIn();
      if (waiting.size > limits.connectionsWaiting) {
        waiting.delete(connection);
        return strangers.size >= limits.connectionsUnauthenticated
          ? "connections-unauthenticated"
          : "connect-rate-hub";
      }
      open.add(connection);
      perAddress.add(address);
      connection.once("close", () => leave(connection, address));
      return undefined;
    },
    admit,
    async closeAll() {
      waiting.clear();
      cancel?.();
      await Promise.all(Array.from(open, destroyed));
    },
    get count() {
      return open.size;
    },
    get waiting() {
      return waiting.size;
    },
  };
}

function destroyed(connection: Duplex): Promise<void> {
  return new Promise((resolve) => {
    connection.once("close", resolve);
    connection.destroy();
  });
}
