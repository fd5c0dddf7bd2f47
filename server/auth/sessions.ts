import type { AuthStore, UserRow } from "./authStore.ts";
import type { AuthLog, Endings } from "./endings.ts";
import type { Principal } from "./roles.ts";
import { hashOf, randomSecret } from "./secrets.ts";

/** A session that has just begun; the secret goes into the cookie and nowhere else. */
export interface NewSession {
  readonly secret: string;
  /** Absolute end, ms since 1970. */
  readonly expiresAt: number;
  readonly who: Principal;
}

/** Browser sessions: opaque, stored as a hash, over after a while without use. */
export interface Sessions {
  /** Always a new secret; the session that was used so far ends. */
  readonly begin: (user: UserRow, replaces?: string) => Promise<NewSession>;
  readonly find: (secret: string) => Principal | undefined;
  readonly end: (secret: string) => Promise<void>;
}

export interface SessionParts {
  readonly store: Pick<AuthStore, "users" | "sessions">;
  readonly endings: Endings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: AuthLog;
}

export const sessionLimits = {
  secretBytes: 32,
  idleMs: 12 * 3_600_000,
  absoluteMs: 30 * 86_400_000,
  /** Use is written down at most so often. */
  touchMs: 60_000,
} as const;

/** Sessions over a store. */
export function createSessions({ store, endings, now, log }: SessionParts): Sessions {
  function touch(idHash: string, createdAt: number): void {
    const at = now();
    store.sessions
      .touch(idHash, at, endOf(createdAt, at))
      .catch((error: unknown) => log.warn({ err: error }, "The use of a session could not be written down."));
  }

  return {
    begin: async (user, replaces) => {
      const at = now();
      const secret = randomSecret(sessionLimits.secretBytes);
      const idHash = hashOf(secret);
      const before = replaces === undefined ? undefined : hashOf(replaces);
      await store.sessions.removeExpired(at);
      await store.sessions.insert(
        { idHash, userId: user.id, createdAt: at, lastSeenAt: at, expiresAt: endOf(at, at) },
        before,
      );
      if (before !== undefined) endings.tell([before]);
      return { secret, expiresAt: at + sessionLimits.absoluteMs, who: principalOf(user, idHash) };
    },
    find: (secret) => {
      const session = store.sessions.get(hashOf(secret));
      if (session === undefined || session.expiresAt <= now()) return undefined;
      const user = store.users.get(session.userId);
      if (user === undefined) return undefined;
      if (now() - session.lastSeenAt >= sessionLimits.touchMs) touch(session.idHash, session.createdAt);
      return principalOf(user, session.idHash);
    },
    end: async (secret) => {
      const idHash = hashOf(secret);
      await store.sessions.remove(idHash);
      endings.tell([idHash]);
    },
  };
}

function endOf(createdAt: number, lastSeenAt: number): number {
  return Math.min(lastSeenAt + sessionLimits.idleMs, createdAt + sessionLimits.absoluteMs);
}

function principalOf({ id, name, role }: UserRow, key: string): Principal {
  return { user: { id, name, role }, key, via: "session" };
}
