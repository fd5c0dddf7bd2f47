/** A client that was refused. */
export interface Knock {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly address: string;
  readonly reason: string;
  readonly at: number;
}

/** The same client at the same door, counted. */
export interface KnockSummary {
  readonly clientId: string;
  readonly username: string;
  readonly address: string;
  readonly reason: string;
  readonly count: number;
  readonly lastAt: number;
}

/** Devices that knock and are not let in, for the page where they can be approved. */
export interface Knocks {
  note: (knock: Knock) => void;
  /** Newest first. */
  list: () => readonly KnockSummary[];
  forget: (clientId: string) => void;
}

const KNOCKS_MAX = 200;

/** Keeps the newest ones: whoever floods the list pushes out only the oldest. */
export function createKnocks(): Knocks {
  const knocks = new Map<string, KnockSummary>();
  return {
    note({ clientId, username = "", address, reason, at }) {
      const key = JSON.stringify([clientId, username, address]);
      const count = (knocks.get(key)?.count ?? 0) + 1;
      knocks.delete(key);
      const [oldest] = knocks.keys();
      if (knocks.size >= KNOCKS_MAX && oldest !== undefined) knocks.delete(oldest);
      knocks.set(key, { clientId, username, address, reason, count, lastAt: at });
    },
    list: () => [...knocks.values()].toReversed(),
    forget(clientId) {
      for (const [key, knock] of knocks) if (knock.clientId === clientId) knocks.delete(key);
    },
  };
}
