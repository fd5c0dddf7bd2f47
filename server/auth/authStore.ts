import type { Role } from "./roles.ts";

export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: Role;
  readonly createdAt: number;
}

export interface SessionRow {
  readonly idHash: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: string;
  readonly userId: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly lastUsedAt: number | null;
}

/** What access needs of the store. Reads see what is committed; a promise resolves when the change is on disk. */
export interface AuthStore {
  readonly users: {
    readonly all: () => readonly UserRow[];
    readonly get: (id: string) => UserRow | undefined;
    /** Whatever the case of the letters. */
    readonly byName: (name: string) => UserRow | undefined;
    readonly hasAdmin: () => boolean;
    /** `false`: the name is taken. */
    readonly insert: (user: UserRow) => Promise<boolean>;
    /** `false`: there is an administrator already. */
    readonly insertFirstAdmin: (user: UserRow) => Promise<boolean>;
    /** A new password or role ends the user's sessions but one. `false`: unknown, or no administrator would be left. */
    readonly update: (
      id: string,
      change: { readonly passwordHash?: string; readonly role?: Role },
      keepSession?: string,
    ) => Promise<boolean>;
    /** Sessions and tokens go too. `false`: unknown, or no administrator would be left. */
    readonly remove: (id: string) => Promise<boolean>;
  };
  readonly sessions: {
    readonly get: (idHash: string) => SessionRow | undefined;
    readonly ofUser: (userId: string) => readonly SessionRow[];
    readonly insert: (session: SessionRow, replaces?: string) => Promise<void>;
    readonly touch: (idHash: string, lastSeenAt: number, expiresAt: number) => Promise<void>;
    readonly remove: (idHash: string) => Promise<void>;
    readonly removeExpired: (now: number) => Promise<void>;
  };
  readonly tokens: {
    readonly all: () => readonly TokenRow[];
    readonly get: (id: string) => TokenRow | undefined;
    readonly insert: (token: TokenRow) => Promise<void>;
    readonly touch: (id: string, lastUsedAt: number) => Promise<void>;
    readonly remove: (id: string) => Promise<boolean>;
  };
  readonly setupToken: {
    readonly get: () => { readonly hash: string; readonly expiresAt: number } | undefined;
    readonly put: (token: { readonly hash: string; readonly expiresAt: number }) => Promise<void>;
    readonly remove: () => Promise<void>;
    /** Spends the token and makes the administrator in one transaction; `false`: neither happened. */
    readonly spend: (hash: string, admin: UserRow) => Promise<boolean>;
  };
}
