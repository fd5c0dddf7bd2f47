import type { Client, ConnectPacket } from "aedes";
import type { FrameGuard } from "./frames.ts";
import type { CloseCause, Peer } from "./peer.ts";

/** A peer with what is known of it below the hooks. */
export interface AedesPeer extends Peer {
  readonly client: Client;
  readonly guard: FrameGuard;
  cause: CloseCause | undefined;
  isOpen: boolean;
  connect: ConnectPacket | undefined;
}

/** Creates the peer of a client that has sent nothing yet. */
export function createPeer(parts: Pick<AedesPeer, "client" | "connection" | "inflow" | "guard">): AedesPeer {
  const { client, connection, inflow, guard } = parts;
  // Written out: with a spread each peer would get a shape of its own in V8.
  const peer: AedesPeer = {
    client,
    connection,
    inflow,
    guard,
    cause: undefined,
    isOpen: false,
    connect: undefined,
    blame(cause) {
      peer.cause ??= cause;
    },
    close(cause) {
      peer.blame(cause);
      client.close();
    },
  };
  return peer;
}
