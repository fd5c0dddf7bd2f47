import type { Acl } from "./acl.ts";
import type { Inbound } from "./inbound.ts";
import type { Publisher } from "./ingest.ts";
import type { Link } from "./link.ts";
import type { CloseCause, ConnectRequest, Peer } from "./peer.ts";
import type { Session } from "./session.ts";

/** One accepted connection. */
export interface Connection extends Publisher {
  readonly peer: Peer;
  readonly session: Session;
  readonly link: Link;
  readonly inbound: Inbound;
  readonly address: string;
  readonly request: ConnectRequest;
  readonly connectedAt: number;
  acl: Acl;
}

/** A session went up or down. A takeover is only an "up" with a higher epoch: the device was never away. */
export interface SessionChange {
  readonly clientId: string;
  readonly user: string | undefined;
  /** Rises with every connection, also over restarts of the hub. */
  readonly epoch: number;
  readonly up: boolean;
  readonly cause: "connect" | CloseCause;
  readonly address: string;
  readonly at: number;
}
