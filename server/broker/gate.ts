import type { Duplex } from "node:stream";
import type { BrokerLimits } from "./limits.ts";

/** Counts open connections and says which new one is too many. */
export interface Gate {
  /** The reason to refuse, or `undefined` after the connection was counted in; it leaves by itself at its end. */
  enter(connection: Duplex, address: string): string | undefined;
  /** Its CONNECT was accepted. */
  admit(connection: Duplex): void;
  /** Destroys what is still open, and waits until it is gone. */
  closeAll(): Promise<void>;
  readonly count: number;
}

/** Creates a gate for all listeners together. */
export function createGate(limits: BrokerLimits): Gate {
  const open = new Set<Duplex>();
  const strangers = new Set<Duplex>();
  const perAddress = new Map<string, number>();

  function leave(connection: Duplex, address: string): void {
    open.delete(connection);
    strangers.delete(connection);
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left > 0) perAddress.set(address, left);
    else perAddress.delete(address);
  }

  return {
    enter(connection, address) {
      const fromAddress = perAddress.get(address) ?? 0;
      const addressMax = isLoopback(address) ? limits.connectionsFromLoopback : limits.connectionsPerAddress;
      if (open.size >= limits.connections) return "connections";
      if (strangers.size >= limits.connectionsUnauthenticated) return "connections-unauthenticated";
      if (fromAddress >= addressMax) return "connections-per-address";
      open.add(connection);
      strangers.add(connection);
      perAddress.set(address, fromAddress + 1);
      connection.once("close", () => leave(connection, address));
      return undefined;
    },
    admit(connection) {
      strangers.delete(connection);
    },
    async closeAll() {
      await Promise.all(Array.from(open, destroyed));
    },
    get count() {
      return open.size;
    },
  };
}

function destroyed(connection: Duplex): Promise<void> {
  return new Promise((resolve) => {
    connection.once("close", resolve);
    connection.destroy();
  });
}

/** The address as people write it: an IPv4 client of an IPv6 socket is an IPv4 client. */
export function plainAddress(address: string | undefined): string {
  return (address ?? "").replace(/^::ffff:(?=\d+\.)/, "");
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
