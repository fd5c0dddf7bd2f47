import type { Qos } from "./arrival.ts";
import type { Connections } from "./connections.ts";
import type { DeliveryStatus } from "./delivery.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/** One client as people look at it: its session and, while it is connected, its connection. */
export interface ClientInfo extends DeliveryStatus {
  readonly clientId: string;
  readonly user: string | undefined;
  readonly isPersistent: boolean;
  readonly subscriptions: readonly { readonly filter: string; readonly qos: Qos }[];
  readonly connection: ConnectionInfo | undefined;
}

/** The open connection of a client. */
export interface ConnectionInfo {
  readonly address: string;
  readonly epoch: number;
  readonly connectedAt: number;
  readonly keepAliveS: number;
  /** Protocol level: 3 is MQTT 3.1, 4 is MQTT 3.1.1. */
  readonly version: number;
  readonly willTopic: string | undefined;
  /** How often the client was made to wait because it sent too fast. */
  readonly throttled: number;
  /** True while the client is not read. */
  readonly isHeld: boolean;
}

/** Lists all sessions, online and offline. */
export function listClients(sessions: Sessions, connections: Connections): readonly ClientInfo[] {
  return Array.from(sessions.all(), (session) => describe(session, connections));
}

function describe(session: Session, connections: Connections): ClientInfo {
  const { clientId, user, isPersistent, delivery } = session;
  const connection = connections.of(clientId);
  return {
    ...delivery.status,
    clientId,
    user,
    isPersistent,
    subscriptions: session.filters(),
    connection: connection && {
      address: connection.address,
      epoch: connection.epoch,
      connectedAt: connection.connectedAt,
      keepAliveS: connection.request.keepAliveS,
      version: connection.request.version,
      willTopic: connection.request.will?.topic,
      throttled: connection.inbound.throttled,
      isHeld: connection.peer.inflow.isHeld,
    },
  };
}
