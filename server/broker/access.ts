import type { AclRule } from "./acl.ts";
import type { Way } from "./way.ts";

/** What a client shows when it connects. */
export interface Credentials extends Way {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
}

/** Who a client is and what it may do. `user` is `undefined` only for an anonymous client that was let in. */
export interface Identity {
  readonly user: string | undefined;
  readonly rules: readonly AclRule[];
  /** Client ids this user may take: exact, or a prefix that ends with `*`. @default any */
  readonly clientIds?: readonly string[];
}

/** Why a client stays out; `unavailable` asks it to come back later. */
export interface Refusal {
  readonly refused: "credentials" | "not-allowed" | "unavailable";
  /** A short fixed word for logs and the list of unknown devices. */
  readonly reason: string;
}

/** What the broker asks about access. */
export interface Access {
  authenticate(credentials: Credentials): Promise<Identity | Refusal>;
  /**
   * The present rules of a user who is connected already, or, without a way, whose session waits; `undefined` cuts it
   * off.
   */
  current(user: string | undefined, clientId: string, way?: Way): Identity | undefined;
}

/** A connection that was refused, for the list of devices that knock. */
export interface Knock {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly address: string;
  readonly reason: string;
  readonly at: number;
}

/** True when the identity may use this client id. */
export function ownsClientId({ clientIds }: Identity, clientId: string): boolean {
  if (clientIds === undefined) return true;
  return clientIds.some((owned) =>
    owned.endsWith("*") ? clientId.startsWith(owned.slice(0, -1)) : clientId === owned,
  );
}
