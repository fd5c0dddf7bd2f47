import type { Connection } from "./connection.ts";
import { guard, operation } from "./operation.ts";
import { insertFirstAdmin, type User } from "./users.ts";

export interface SetupToken {
  readonly hash: string;
  readonly expiresAt: number;
}

/** The one-time token that lets somebody become the first admin. */
export interface SetupTokenStore {
  readonly get: () => SetupToken | undefined;
  /** Replaces the token of an earlier start. */
  readonly put: (token: SetupToken) => Promise<void>;
  readonly remove: () => Promise<void>;
  /** Spends the token and makes the admin in one transaction. `false`: somebody was faster, or it has expired. */
  readonly spend: (hash: string, admin: User) => Promise<boolean>;
}

/** The set-up token in hub.db. */
export function createSetupTokenStore({ reader, commit, now }: Connection): SetupTokenStore {
  return {
    get: () => reader.get<SetupToken>("SELECT hash, expiresAt FROM setupToken"),
    put: async ({ hash, expiresAt }) => {
      await commit([operation("INSERT OR REPLACE INTO setupToken VALUES (1, ?, ?)", hash, expiresAt)]);
    },
    remove: async () => {
      await commit([operation("DELETE FROM setupToken")]);
    },
    spend: (hash, admin) =>
      commit([
        guard("DELETE FROM setupToken WHERE hash = ? AND expiresAt > ?", hash, now()),
        insertFirstAdmin(admin),
      ]),
  };
}
