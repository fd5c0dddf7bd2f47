import type { Connection } from "./connection.ts";
import type { Peer } from "./peer.ts";
import { createTally } from "./tally.ts";

/** Which connections there are. */
export interface ConnectionTable {
  /** The newest connection of a client. */
  of(clientId: string): Connection | undefined;
  ofPeer(peer: Peer): Connection | undefined;
  /** The connection of a peer as long as no newer one took its session over. */
  present(peer: Peer): Connection | undefined;
  all(): readonly Connection[];
  readonly count: number;
  /** How many a user has, those that were taken over and are not closed yet included. */
  countOf(user: string): number;
  /** Takes the place of an older connection of the same client. */
  add(connection: Connection): void;
  /** It is closed, so it is no longer one of its user's. */
  uncount(connection: Connection): void;
  /** False when a newer one has its place already. */
  remove(connection: Connection): boolean;
}

/** Creates an empty table. */
export function createConnectionTable(): ConnectionTable {
  const byPeer = new WeakMap<Peer, Connection>();
  const byClient = new Map<string, Connection>();
  const perUser = createTally();

  function isNewest(connection: Connection): boolean {
    return byClient.get(connection.clientId) === connection;
  }

  return {
    of: (clientId) => byClient.get(clientId),
    ofPeer: (peer) => byPeer.get(peer),
    present(peer) {
      const connection = byPeer.get(peer);
      return connection !== undefined && isNewest(connection) ? connection : undefined;
    },
    all: () => [...byClient.values()],
    get count() {
      return byClient.size;
    },
    countOf: (user) => perUser.of(user),
    add(connection) {
      byPeer.set(connection.peer, connection);
      byClient.set(connection.clientId, connection);
      if (connection.user !== undefined) perUser.add(connection.user);
    },
    uncount({ user }) {
      if (user !== undefined) perUser.remove(user);
    },
    remove: (connection) => isNewest(connection) && byClient.delete(connection.clientId),
  };
}
