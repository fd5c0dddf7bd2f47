import { ownsClientId } from "./access.ts";
import { compileAcl, type Acl } from "./acl.ts";
import type { Connection } from "./connection.ts";
import { createConnectionTable } from "./connectionTable.ts";
import { dropForbidden } from "./dropForbidden.ts";
import { textBounds } from "./filters.ts";
import { createOpening, type OpeningOptions } from "./opening.ts";
import type { CloseCause, Peer, PeerHooks } from "./peer.ts";
import { createPeerHooks, type PeerHooksOptions } from "./peerHooks.ts";
import type { KeptSession } from "./storage.ts";
import type { Way } from "./way.ts";

export type { Connection, SessionChange } from "./connection.ts";

/** Connections by client id, and the protocol hooks that keep them. */
export interface Connections {
  readonly hooks: PeerHooks;
  of(clientId: string): Connection | undefined;
  all(): readonly Connection[];
  readonly count: number;
  /** Takes up a session of the last run, if its owner still has rights. */
  restore(kept: KeptSession): void;
  /** What somebody may do today. */
  aclOf(user: string | undefined, clientId: string): Acl;
  /** Asks for the present rules of everyone who logged in as this user, and cuts off who has none. */
  refresh(user: string | undefined): void;
}

/** Parts the connections work with. */
export interface ConnectionsOptions extends OpeningOptions, PeerHooksOptions {}

/** Ends that two devices with one client id cause in each other, or a client that cannot stay. */
const BROKEN: ReadonlySet<CloseCause> = new Set(["socket", "keepalive", "protocol", "slow"]);
const nothingAllowed: Acl = { mayPublish: () => false, maySubscribe: () => false, mayReceive: () => false };

/** Creates the table of connections: who is there, in which epoch, and why somebody left. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { access, sessions, ledger, wills, limits, flapping, now } = options;
  const bounds = textBounds(limits);
  const table = createConnectionTable();

  function closed(peer: Peer, cause: CloseCause): void {
    const connection = table.ofPeer(peer);
    if (connection === undefined) return;
    const { session, clientId, user, epoch, address } = connection;
    connection.link.close();
    connection.inbound.close();
    table.uncount(connection);
    // A hub that ends keeps the wills: whoever does not come back after the restart has really gone.
    if (connection.request.will !== undefined && cause !== "hub-restart") wills.end(connection);
    if (!table.remove(connection)) return;
    if (BROKEN.has(cause)) flapping.strike(clientId, address);
    sessions.leave(session);
    // A hub that ends leaves everything with whom it is: they all come back.
    if (cause !== "hub-restart") session.passOn();
    options.onChange({ clientId, user, epoch, up: false, cause, address, at: now() });
  }

  function aclOf(user: string | undefined, clientId: string, way?: Way): Acl | undefined {
    const identity = access.current(user, clientId, way);
    if (identity === undefined || !ownsClientId(identity, clientId)) return undefined;
    return compileAcl(identity.rules, { user, clientId }, bounds);
  }

  return {
    hooks: { ...createOpening(options, table), ...createPeerHooks(options, table), closed },
    of: table.of,
    all: table.all,
    get count() {
      return table.count;
    },
    restore(kept) {
      const acl = aclOf(kept.user, kept.clientId);
      if (acl === undefined) ledger.note({ do: "forget", clientId: kept.clientId });
      else sessions.restore(kept, acl);
    },
    aclOf: (user, clientId) => aclOf(user, clientId) ?? nothingAllowed,
    refresh(user) {
      for (const session of Array.from(sessions.all())) {
        if (session.user !== user) continue;
        const connection = table.of(session.clientId);
        const acl = aclOf(user, session.clientId, connection && options.wayOf(connection.peer));
        session.acl = acl ?? nothingAllowed;
        if (connection !== undefined) connection.acl = session.acl;
        dropForbidden(session);
        if (acl !== undefined) continue;
        connection?.peer.close("kicked");
        sessions.remove(session);
      }
    },
  };
}
