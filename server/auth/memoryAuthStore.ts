import type { AuthStore, SessionRow, TokenRow, UserRow } from "./authStore.ts";

/** An auth store in memory, for tests; it takes the same conformance suite as the durable one. */
export function createMemoryAuthStore(now: () => number): AuthStore {
  const users = new Map<string, UserRow>();
  const sessions = new Map<string, SessionRow>();
  const tokens = new Map<string, TokenRow>();
  let setupToken: { readonly hash: string; readonly expiresAt: number } | undefined;

  const byName = (name: string) =>
    [...users.values()].find((user) => user.name.toLowerCase() === name.toLowerCase());
  const hasAdmin = () => [...users.values()].some(({ role }) => role === "admin");
  const isLastAdmin = (id: string) =>
    ![...users.values()].some((user) => user.role === "admin" && user.id !== id) &&
    users.get(id)?.role === "admin";
  const endSessions = (userId: string, keep?: string) => {
    for (const { idHash, userId: owner } of sessions.values())
      if (owner === userId && idHash !== keep) sessions.delete(idHash);
  };

  return {
    users: {
      all: () => [...users.values()].toSorted((a, b) => a.name.localeCompare(b.name)),
      get: (id) => users.get(id),
      byName,
      hasAdmin,
      insert: async (user) => {
        if (byName(user.name) !== undefined) return false;
        users.set(user.id, user);
        return true;
      },
      insertFirstAdmin: async (user) => {
        if (hasAdmin()) return false;
        users.set(user.id, user);
        return true;
      },
      update: async (id, change, keepSession) => {
        const user = users.get(id);
        if (user === undefined || (isLastAdmin(id) && (change.role ?? "admin") !== "admin")) return false;
        users.set(id, { ...user, ...change });
        endSessions(id, keepSession);
        return true;
      },
      remove: async (id) => {
        if (isLastAdmin(id) || !users.delete(id)) return false;
        endSessions(id);
        for (const { id: token, userId } of tokens.values()) if (userId === id) tokens.delete(token);
        return true;
      },
    },
    sessions: {
      get: (idHash) => sessions.get(idHash),
      ofUser: (userId) => [...sessions.values()].filter((session) => session.userId === userId),
      insert: async (session, replaces) => {
        sessions.delete(replaces ?? "");
        sessions.set(session.idHash, session);
      },
      touch: async (idHash, lastSeenAt, expiresAt) => {
        const session = sessions.get(idHash);
        if (session !== undefined) sessions.set(idHash, { ...session, lastSeenAt, expiresAt });
      },
      remove: async (idHash) => {
        sessions.delete(idHash);
      },
      removeExpired: async (at) => {
        for (const { idHash, expiresAt } of sessions.values()) if (expiresAt <= at) sessions.delete(idHash);
      },
    },
    tokens: {
      all: () => [...tokens.values()],
      get: (id) => tokens.get(id),
      insert: async (token) => {
        tokens.set(token.id, token);
      },
      touch: async (id, lastUsedAt) => {
        const token = tokens.get(id);
        if (token !== undefined) tokens.set(id, { ...token, lastUsedAt });
      },
      remove: async (id) => tokens.delete(id),
    },
    setupToken: {
      get: () => setupToken,
      put: async (token) => {
        setupToken = token;
      },
      remove: async () => {
        setupToken = undefined;
      },
      spend: async (hash, admin) => {
        if (setupToken?.hash !== hash || setupToken.expiresAt <= now() || hasAdmin()) return false;
        setupToken = undefined;
        users.set(admin.id, admin);
        return true;
      },
    },
  };
}
