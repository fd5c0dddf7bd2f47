import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SESSIONS_PER_USER } from "./sessions.ts";
import type { Store, User } from "./store.ts";
import { createTestFolder, type TestFolder } from "./testing.ts";

let place: TestFolder;
let store: Store;

beforeEach(async () => {
  place = createTestFolder();
  store = await place.open();
});
afterEach(async () => {
  await store.close();
  place.remove();
});

const ada: User = { id: "u1", name: "Ada", passwordHash: "h", role: "admin", createdAt: 1 };
const bob: User = { id: "u2", name: "Bob", passwordHash: "h", role: "viewer", createdAt: 2 };
const session = (idHash: string, userId = "u1", createdAt = 1) => ({
  idHash,
  userId,
  createdAt,
  lastSeenAt: createdAt,
  expiresAt: 100,
});

describe("settings", () => {
  it("are there again after a restart", async () => {
    await store.settings.put("mail", { host: "mail.example", ports: [25, null] });
    await store.settings.put("gone", 1);
    await store.settings.put("mail", { host: "other" });
    await store.settings.remove("gone");
    store = await place.reopen(store);
    expect(store.settings.all()).toEqual({ mail: { host: "other" } });
    expect(store.settings.get("mail")).toEqual({ host: "other" });
    expect(store.settings.get("gone")).toBeUndefined();
  });
});

describe("certificates of devices", () => {
  it("are there again after a restart, with their ends, and go when they have expired", async () => {
    const kept = { fingerprint: "b", device: "pump", issuedAt: 1, expiresAt: 100, revokedAt: null };
    const old = { fingerprint: "a", device: "lamp", issuedAt: 0, expiresAt: 10, revokedAt: null };
    await store.certificates.put([kept, old]);
    await store.certificates.put([{ ...kept, revokedAt: 5 }]);
    store = await place.reopen(store);
    expect(store.certificates.all()).toEqual([old, { ...kept, revokedAt: 5 }]);
    await store.certificates.prune(11);
    expect(store.certificates.all()).toEqual([{ ...kept, revokedAt: 5 }]);
  });
});

describe("users", () => {
  it("are there again after a restart, and are found by name in any case", async () => {
    expect(await store.users.insert(ada)).toBe(true);
    expect(await store.users.insert(bob)).toBe(true);
    store = await place.reopen(store);
    expect(store.users.all()).toEqual([ada, bob]);
    expect(store.users.byName("aDA")).toEqual(ada);
    expect(store.users.hasAdmin()).toBe(true);
  });

  it("have names of their own, whatever the case", async () => {
    await store.users.insert(ada);
    expect(await store.users.insert({ ...bob, name: "ADA" })).toBe(false);
    await store.users.insert(bob);
    expect(await store.users.update("u2", { name: "ada" })).toBe(false);
    expect(store.users.get("u2")).toEqual(bob);
  });

  it("always include an admin", async () => {
    await store.users.insert(ada);
    await store.users.insert(bob);
    expect(await store.users.remove("u1")).toBe(false);
    expect(await store.users.update("u1", { role: "viewer" })).toBe(false);
    expect(await store.users.update("u2", { role: "admin" })).toBe(true);
    expect(await store.users.update("u1", { role: "viewer" })).toBe(true);
    expect(await store.users.remove("u1")).toBe(true);
    expect(await store.users.remove("u2")).toBe(false);
  });

  it("take their sessions and tokens with them", async () => {
    await store.users.insert(ada);
    await store.users.insert(bob);
    await store.sessions.insert(session("s", "u2"));
    await store.tokens.insert(token("t", "u2"));
    expect(await store.users.remove("u2")).toBe(true);
    expect(store.sessions.get("s")).toBeUndefined();
    expect(store.tokens.all()).toEqual([]);
  });

  it("lose their sessions but one with a new password or role, and none with a new name", async () => {
    await store.users.insert(ada);
    await Promise.all(["a", "b", "c"].map((id) => store.sessions.insert(session(id))));
    await store.users.update("u1", { name: "Ada L" });
    expect(store.sessions.ofUser("u1")).toHaveLength(3);
    await store.users.update("u1", { passwordHash: "new" }, "b");
    expect(store.sessions.ofUser("u1").map(({ idHash }) => idHash)).toEqual(["b"]);
  });
});

describe("the set-up token", () => {
  it("is spent by exactly one of two that race", async () => {
    await store.setupToken.put({ hash: "old", expiresAt: place.clock.now + 1 });
    await store.setupToken.put({ hash: "t", expiresAt: place.clock.now + 1 });
    const winners = await Promise.all([store.setupToken.spend("t", ada), store.setupToken.spend("t", bob)]);
    expect(winners).toEqual([true, false]);
    expect(store.users.all()).toEqual([ada]);
    expect(store.setupToken.get()).toBeUndefined();
  });

  it("is not spent when it is wrong, expired, or there is an admin already", async () => {
    await store.setupToken.put({ hash: "t", expiresAt: place.clock.now });
    expect(await store.setupToken.spend("t", ada)).toBe(false);
    await store.setupToken.put({ hash: "t", expiresAt: place.clock.now + 1 });
    expect(await store.setupToken.spend("x", ada)).toBe(false);
    expect(await store.users.insertFirstAdmin(bob)).toBe(true);
    expect(await store.users.insertFirstAdmin(ada)).toBe(false);
    expect(await store.setupToken.spend("t", ada)).toBe(false);
    expect(store.setupToken.get()).toEqual({ hash: "t", expiresAt: place.clock.now + 1 });
  });
});

describe("sessions", () => {
  it("are there again after a restart, replaced and touched", async () => {
    await store.users.insert(ada);
    await store.sessions.insert(session("a"));
    await store.sessions.insert(session("b"), "a");
    await store.sessions.touch("b", 50, 150);
    store = await place.reopen(store);
    expect(store.sessions.get("a")).toBeUndefined();
    expect(store.sessions.get("b")).toEqual({ ...session("b"), lastSeenAt: 50, expiresAt: 150 });
  });

  it("end one by one, by user and by age", async () => {
    await store.users.insert(ada);
    await Promise.all(["a", "b", "c"].map((id) => store.sessions.insert(session(id))));
    await store.sessions.remove("a");
    await store.sessions.removeOfUser("u1", "b");
    expect(store.sessions.ofUser("u1").map(({ idHash }) => idHash)).toEqual(["b"]);
    await store.sessions.removeExpired(99);
    expect(store.sessions.get("b")).toBeDefined();
    await store.sessions.removeExpired(100);
    expect(store.sessions.get("b")).toBeUndefined();
  });

  it("of one user are bounded: the oldest goes", async () => {
    await store.users.insert(ada);
    const ages = Array.from({ length: SESSIONS_PER_USER + 1 }, (_, at) => at);
    await Promise.all(ages.map((at) => store.sessions.insert(session(`s${at}`, "u1", at))));
    expect(store.sessions.ofUser("u1")).toHaveLength(SESSIONS_PER_USER);
    expect(store.sessions.get("s0")).toBeUndefined();
  });
});

describe("tokens", () => {
  it("are there again after a restart", async () => {
    await store.users.insert(ada);
    await store.tokens.insert(token("t", "u1"));
    await store.tokens.insert({ ...token("n", "u1"), expiresAt: null });
    await store.tokens.touch("t", 9);
    expect(await store.tokens.remove("n")).toBe(true);
    expect(await store.tokens.remove("n")).toBe(false);
    store = await place.reopen(store);
    expect(store.tokens.all()).toEqual([{ ...token("t", "u1"), lastUsedAt: 9 }]);
    expect(store.tokens.get("t")?.scopes).toEqual(["flows:read"]);
  });
});

function token(id: string, userId: string) {
  return {
    id,
    name: "CI",
    prefix: `mr_${id}`,
    secretHash: "h",
    userId,
    scopes: ["flows:read"],
    createdAt: 1,
    expiresAt: 10,
    lastUsedAt: null,
  };
}
