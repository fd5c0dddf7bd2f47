import { describe, expect, it } from "vitest";
import type { AuthStore, UserRow } from "./authStore.ts";

/** One store under test; its own clock stands at 1000. */
export interface AuthStoreUnderTest {
  readonly store: AuthStore;
  readonly close?: () => Promise<void>;
}

/** What every auth store must do. */
export function describeAuthStore(name: string, create: () => Promise<AuthStoreUnderTest>): void {
  const withStore = (test: (store: AuthStore) => Promise<void>) => async () => {
    const { store, close } = await create();
    try {
      await test(store);
    } finally {
      await close?.();
    }
  };

  describe(`${name} as an auth store`, () => {
    it(
      "finds users by id, and by name in any case, and keeps names apart",
      withStore(async ({ users }) => {
        expect(await users.insert(ada)).toBe(true);
        expect(await users.insert({ ...bob, name: "ADA" })).toBe(false);
        expect(users.byName("aDa")).toEqual(ada);
        expect(users.get("u1")).toEqual(ada);
        expect(users.all()).toEqual([ada]);
      }),
    );

    it(
      "spends the set-up token once, in time, and only for the first administrator",
      withStore(async ({ users, setupToken }) => {
        await setupToken.put({ hash: "t", expiresAt: 1_000 });
        expect(await setupToken.spend("t", ada)).toBe(false);
        await setupToken.put({ hash: "t", expiresAt: 1_001 });
        expect(await setupToken.spend("x", ada)).toBe(false);
        const winners = await Promise.all([setupToken.spend("t", ada), setupToken.spend("t", bob)]);
        expect(winners).toEqual([true, false]);
        expect(setupToken.get()).toBeUndefined();
        await setupToken.put({ hash: "u", expiresAt: 1_001 });
        expect(await setupToken.spend("u", bob)).toBe(false);
        expect(await users.insertFirstAdmin(bob)).toBe(false);
        expect(users.all()).toEqual([ada]);
        await setupToken.remove();
        expect(setupToken.get()).toBeUndefined();
      }),
    );

    it(
      "always keeps an administrator",
      withStore(async ({ users }) => {
        await users.insert(ada);
        await users.insert(bob);
        expect(await users.update("u1", { role: "viewer" })).toBe(false);
        expect(await users.remove("u1")).toBe(false);
        expect(await users.update("u2", { role: "admin" })).toBe(true);
        expect(await users.remove("u1")).toBe(true);
        expect(await users.remove("u1")).toBe(false);
        expect(await users.update("u1", { role: "viewer" })).toBe(false);
      }),
    );

    it(
      "ends sessions with a new password or role, and takes sessions and tokens away with their user",
      withStore(async ({ users, sessions, tokens }) => {
        await users.insert(ada);
        await users.insert(bob);
        await sessions.insert(session("a"));
        await sessions.insert(session("b"));
        await sessions.insert(session("c"), "a");
        await users.update("u2", { passwordHash: "new" }, "c");
        expect(sessions.ofUser("u2").map(({ idHash }) => idHash)).toEqual(["c"]);
        expect(users.get("u2")?.passwordHash).toBe("new");
        await tokens.insert(token);
        await users.remove("u2");
        expect([sessions.get("c"), tokens.get("t")]).toEqual([undefined, undefined]);
      }),
    );

    it(
      "writes down the use of sessions and tokens, and removes what is over",
      withStore(async ({ users, sessions, tokens }) => {
        await users.insert(bob);
        await sessions.insert(session("a"));
        await sessions.touch("a", 5, 50);
        expect(sessions.get("a")).toEqual({ ...session("a"), lastSeenAt: 5, expiresAt: 50 });
        await sessions.removeExpired(49);
        expect(sessions.get("a")).toBeDefined();
        await sessions.removeExpired(50);
        expect(sessions.get("a")).toBeUndefined();
        await tokens.insert(token);
        await tokens.touch("t", 7);
        expect(tokens.all()).toEqual([{ ...token, lastUsedAt: 7 }]);
        expect(await tokens.remove("t")).toBe(true);
        expect(await tokens.remove("t")).toBe(false);
      }),
    );
  });
}

const ada: UserRow = { id: "u1", name: "Ada", passwordHash: "h", role: "admin", createdAt: 1 };
const bob: UserRow = { id: "u2", name: "Bob", passwordHash: "h", role: "viewer", createdAt: 2 };
const token = {
  id: "t",
  name: "CI",
  prefix: "mr_t",
  secretHash: "h",
  userId: "u2",
  scopes: ["flows:read"],
  createdAt: 1,
  expiresAt: 10,
  lastUsedAt: null,
};

function session(idHash: string) {
  return { idHash, userId: "u2", createdAt: 1, lastSeenAt: 1, expiresAt: 9 };
}
