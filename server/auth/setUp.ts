import { AuthError } from "./authError.ts";
import type { AuthStore, UserRow } from "./authStore.ts";
import type { Passwords } from "./passwords.ts";
import { hashOf, matchesHash, randomSecret } from "./secrets.ts";
import { newUser } from "./users.ts";

export interface FirstAdmin {
  readonly name: string;
  readonly password: string;
}

/** How a hub gets its first administrator; there is no default account. */
export interface SetUp {
  /** False until an administrator exists. */
  readonly isDone: () => boolean;
  /** A new one-time token in place of any earlier one, to print and to write to a file; `undefined` when all is done. */
  readonly prepare: () => Promise<SetUpToken | undefined>;
  /** Spends the token. Of several that race, one wins; the others get `setup.done`. */
  readonly withToken: (request: FirstAdmin & { readonly token: string }) => Promise<UserRow>;
  /** For installations without a person: the password comes from the environment. `false`: done already. */
  readonly unattended: (admin: FirstAdmin) => Promise<boolean>;
}

export interface SetUpToken {
  readonly token: string;
  readonly expiresAt: number;
}

export interface SetUpParts {
  readonly store: Pick<AuthStore, "users" | "setupToken">;
  readonly passwords: Passwords;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export const setUpLimits = { tokenBytes: 16, tokenTtlMs: 3_600_000 } as const;

/** The set-up over a store. */
export function createSetUp({ store, passwords, now }: SetUpParts): SetUp {
  function refuseWhenDone(): void {
    if (store.users.hasAdmin())
      throw new AuthError("setup.done", "The hub has been set up already; sign in.");
  }

  return {
    isDone: store.users.hasAdmin,
    prepare: async () => {
      if (store.users.hasAdmin()) {
        await store.setupToken.remove();
        return undefined;
      }
      const token = randomSecret(setUpLimits.tokenBytes);
      const expiresAt = now() + setUpLimits.tokenTtlMs;
      await store.setupToken.put({ hash: hashOf(token), expiresAt });
      return { token, expiresAt };
    },
    withToken: async ({ token, name, password }) => {
      refuseWhenDone();
      const stored = store.setupToken.get();
      if (stored === undefined || !matchesHash(token, stored.hash) || stored.expiresAt <= now())
        throw wrongToken();
      const admin = await newUser({ name, password, role: "admin" }, passwords, now());
      if (await store.setupToken.spend(stored.hash, admin)) return admin;
      refuseWhenDone();
      throw wrongToken();
    },
    unattended: async ({ name, password }) => {
      if (store.users.hasAdmin()) return false;
      const admin = await newUser({ name, password, role: "admin" }, passwords, now());
      if (!(await store.users.insertFirstAdmin(admin))) return false;
      await store.setupToken.remove();
      return true;
    },
  };
}

function wrongToken(): AuthError {
  return new AuthError(
    "setup.token-wrong",
    "The set-up token is wrong, spent or expired; restart the hub to get a new one.",
  );
}
