import { beforeEach, describe, expect, it } from "vitest";
import { createAuth, type Auth } from "./auth.ts";
import { AuthError } from "./authError.ts";
import { describeAuthStore } from "./authStore.suite.ts";
import type { AuthStore } from "./authStore.ts";
import { createMemoryAuthStore } from "./memoryAuthStore.ts";
import { tokenLimits } from "./apiTokens.ts";
import { sessionLimits } from "./sessions.ts";
import { setUpLimits } from "./setUp.ts";
import { throttleLimits } from "./throttle.ts";

describeAuthStore("memory", async () => ({ store: createMemoryAuthStore(() => 1_000) }));

const PASSWORD = "correct horse battery";
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let clock: number;
let store: AuthStore;
let auth: Auth;
let ended: string[];

beforeEach(() => {
  clock = Date.UTC(2026, 0, 1);
  store = createMemoryAuthStore(() => clock);
  auth = createAuth({ store, now: () => clock, log: { warn: () => {} } });
  ended = [];
  auth.onEnded((key) => ended.push(key));
});

const admin = async () => {
  await auth.setUpUnattended({ name: "ada", password: PASSWORD });
  return auth.login({ name: "ada", password: PASSWORD }, { address: "10.0.0.1" });
};
const login = (password: string, more: { name?: string; address?: string; replaces?: string } = {}) =>
  auth.login({ name: more.name ?? "ada", password }, { address: "10.0.0.1", ...more });
const refusal = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt;
    return "none";
  } catch (error) {
    return error instanceof AuthError ? error.code : String(error);
  }
};

describe("the set-up", () => {
  it("makes the first administrator with the token, signs in, and takes the token once", async () => {
    expect(auth.isSetUp()).toBe(false);
    const { token = "" } = (await auth.prepareSetUp()) ?? {};
    expect(Buffer.from(token, "base64url")).toHaveLength(16);
    expect(store.setupToken.get()?.hash).not.toContain(token);
    const { secret, who } = await auth.setUp({ token, name: "ada", password: PASSWORD });
    expect(who.user).toMatchObject({ name: "ada", role: "admin" });
    expect(auth.session(secret)).toEqual(who);
    expect(auth.isSetUp()).toBe(true);
    expect(await refusal(auth.setUp({ token, name: "eve", password: PASSWORD }))).toBe("setup.done");
    expect(await auth.prepareSetUp()).toBeUndefined();
  });

  it("lets exactly one of two that race win", async () => {
    const { token = "" } = (await auth.prepareSetUp()) ?? {};
    const codes = await Promise.all(
      ["ada", "eve"].map((name) => refusal(auth.setUp({ token, name, password: PASSWORD }))),
    );
    expect(codes.toSorted()).toEqual(["none", "setup.done"]);
    expect(auth.users.list()).toHaveLength(1);
  });

  it("refuses a wrong token, one of an earlier start, and one that is an hour old", async () => {
    const first = await auth.prepareSetUp();
    const second = await auth.prepareSetUp();
    const attempt = (token = "") => refusal(auth.setUp({ token, name: "ada", password: PASSWORD }));
    expect(await attempt("")).toBe("setup.token-wrong");
    expect(await attempt(first?.token)).toBe("setup.token-wrong");
    clock += setUpLimits.tokenTtlMs;
    expect(await attempt(second?.token)).toBe("setup.token-wrong");
    clock -= 1;
    expect(await attempt(second?.token)).toBe("none");
  });

  it("does not spend the token on a weak password", async () => {
    const { token = "" } = (await auth.prepareSetUp()) ?? {};
    expect(await refusal(auth.setUp({ token, name: "ada", password: "short" }))).toBe("user.invalid");
    expect(await refusal(auth.setUp({ token, name: "ada", password: PASSWORD }))).toBe("none");
  });

  it("works unattended, once", async () => {
    const { token = "" } = (await auth.prepareSetUp()) ?? {};
    expect(await auth.setUpUnattended({ name: "ada", password: PASSWORD })).toBe(true);
    expect(await auth.setUpUnattended({ name: "ada", password: "another good one" })).toBe(false);
    expect(await refusal(auth.setUp({ token, name: "eve", password: PASSWORD }))).toBe("setup.done");
    expect(await refusal(login(PASSWORD))).toBe("none");
  });
});

describe("signing in", () => {
  it("takes the right password, however the keyboard writes it, and no other", async () => {
    await auth.setUpUnattended({ name: "ada", password: "caf\u00e9 au lait!" });
    expect(await refusal(login("cafe\u0301 au lait!"))).toBe("none");
    expect(await refusal(login("cafe au lait!"))).toBe("auth.wrong");
    expect(await refusal(login("", { name: "nobody" }))).toBe("auth.wrong");
    expect(await refusal(login("x".repeat(1_000_000)))).toBe("auth.wrong");
  });

  it("keeps passwords as argon2id with the cost we chose", async () => {
    await admin();
    expect(store.users.byName("ada")?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it("takes about as long for a name that does not exist", async () => {
    await admin();
    const unknown = await durationOf(() => refusal(login("wrong password", { name: "nobody" })));
    const known = await durationOf(() => refusal(login("wrong password")));
    // Coarse on purpose: without the decoy the factor is above a hundred.
    expect(unknown).toBeGreaterThan(known / 5);
  });

  it("computes at most ten of a hundred guesses, and takes the right password after the pause", async () => {
    await admin();
    const codes = await Promise.all(Array.from({ length: 100 }, () => refusal(login("wrong password"))));
    expect(codes.filter((code) => code === "auth.wrong")).toHaveLength(throttleLimits.attempts);
    expect(codes.filter((code) => code === "auth.throttled")).toHaveLength(100 - throttleLimits.attempts);
    clock += throttleLimits.firstDelayMs - 1;
    await expect(login(PASSWORD)).rejects.toMatchObject({ code: "auth.throttled", retryAfterMs: 1 });
    clock += 1;
    expect(await refusal(login(PASSWORD))).toBe("none");
  });
});

describe("a session", () => {
  it("is stored as a hash, and is a new one at each sign-in", async () => {
    const first = await admin();
    expect(Buffer.from(first.secret, "base64url")).toHaveLength(sessionLimits.secretBytes);
    expect(store.sessions.get(first.secret)).toBeUndefined();
    const second = await login(PASSWORD, { replaces: first.secret });
    expect(second.secret).not.toBe(first.secret);
    expect(auth.session(first.secret)).toBeUndefined();
    expect(auth.session(second.secret)).toMatchObject({
      user: { name: "ada", role: "admin" },
      via: "session",
    });
    expect(ended).toEqual([first.who.key]);
  });

  it("is over after 12 hours without use, and use prolongs it", async () => {
    const { secret } = await admin();
    clock += 11 * HOUR_MS;
    expect(auth.session(secret)).toBeDefined();
    clock += 12 * HOUR_MS - 1;
    expect(auth.session(secret)).toBeDefined();
    clock += 12 * HOUR_MS;
    expect(auth.session(secret)).toBeUndefined();
  });

  it("is over after 30 days whatever its use", async () => {
    const { secret, expiresAt } = await admin();
    for (const end = clock + 30 * DAY_MS - HOUR_MS; clock < end; clock += HOUR_MS)
      expect(auth.session(secret)).toBeDefined();
    clock = expiresAt - 1;
    expect(auth.session(secret)).toBeDefined();
    clock = expiresAt;
    expect(auth.session(secret)).toBeUndefined();
  });

  it("ends at sign-out, and tells", async () => {
    const { secret, who } = await admin();
    await auth.logout(secret);
    expect(auth.session(secret)).toBeUndefined();
    expect(ended).toEqual([who.key]);
    expect(auth.session("")).toBeUndefined();
  });
});

describe("users", () => {
  it("are added with a good name and password, once each", async () => {
    await admin();
    const bob = await auth.users.add({ name: "Bob", password: PASSWORD, role: "viewer" });
    expect(auth.users.list().map(({ name, role }) => [name, role])).toEqual([
      ["ada", "admin"],
      ["Bob", "viewer"],
    ]);
    expect(bob).not.toHaveProperty("passwordHash");
    expect(await refusal(auth.users.add({ name: "BOB", password: PASSWORD, role: "viewer" }))).toBe(
      "user.exists",
    );
    expect(await refusal(auth.users.add({ name: " ", password: PASSWORD, role: "viewer" }))).toBe(
      "user.invalid",
    );
  });

  it("keep only the session that changed the password", async () => {
    const kept = await admin();
    const other = await login(PASSWORD);
    await auth.users.setPassword(kept.who.user.id, "a new password 1", kept.who.key);
    expect(auth.session(kept.secret)).toBeDefined();
    expect(auth.session(other.secret)).toBeUndefined();
    expect(ended).toEqual([other.who.key]);
    expect(await refusal(login(PASSWORD))).toBe("auth.wrong");
    expect(await refusal(login("a new password 1"))).toBe("none");
  });

  it("lose sessions with their role, and sessions and tokens with their account", async () => {
    await admin();
    const { id } = await auth.users.add({ name: "bob", password: PASSWORD, role: "editor" });
    const session = await login(PASSWORD, { name: "bob" });
    await auth.users.setRole(id, "viewer");
    expect(auth.session(session.secret)).toBeUndefined();
    const again = await login(PASSWORD, { name: "bob" });
    const token = await auth.tokens.add({ name: "CI", scopes: ["flows:read"] }, again.who);
    await auth.users.remove(id);
    expect([auth.session(again.secret), auth.token(token.token)]).toEqual([undefined, undefined]);
    expect(ended).toEqual([session.who.key, again.who.key, token.id]);
    expect(await refusal(auth.users.remove(id))).toBe("user.unknown");
  });

  it("always include an administrator", async () => {
    const { who } = await admin();
    expect(await refusal(auth.users.remove(who.user.id))).toBe("user.in-use");
    expect(await refusal(auth.users.setRole(who.user.id, "editor"))).toBe("user.in-use");
  });
});

describe("an API token", () => {
  const request = { name: "CI", scopes: ["flows:write", "devices:read"] };

  it("is shown once, stored as a hash, and acts for its owner within its scopes", async () => {
    const { who } = await admin();
    const { token, ...summary } = await auth.tokens.add(request, who);
    expect(token).toMatch(/^mr_[0-9a-f]{16}_[\w-]{43}$/);
    expect(JSON.stringify(store.tokens.all())).not.toContain(token.slice(20));
    expect(auth.tokens.list(who)).toEqual([summary]);
    expect(auth.token(token)).toEqual({
      user: who.user,
      key: summary.id,
      via: "token",
      scopes: request.scopes,
    });
    expect(store.tokens.get(summary.id)?.lastUsedAt).toBe(clock);
  });

  it("is refused when any part of it is wrong", async () => {
    const { who } = await admin();
    const { token } = await auth.tokens.add(request, who);
    for (const wrong of ["", "mr_", token.slice(0, -1), `${token}x`, token.replace("mr_", "mr-"), "mr_0_a"])
      expect(auth.token(wrong)).toBeUndefined();
    const flipped = token.slice(0, -2) + (token.at(-2) === "A" ? "B" : "A") + token.slice(-1);
    expect(auth.token(flipped)).toBeUndefined();
  });

  it("expires after 90 days, or when it was told to", async () => {
    const { who } = await admin();
    const long = await auth.tokens.add(request, who);
    const short = await auth.tokens.add({ ...request, expiresInDays: 1 }, who);
    clock += DAY_MS;
    expect(auth.token(short.token)).toBe("expired");
    clock += 89 * DAY_MS - 1;
    expect(auth.token(long.token)).toBeDefined();
    clock += 1;
    expect(auth.token(long.token)).toBe("expired");
    expect(await refusal(auth.tokens.add({ ...request, expiresInDays: 401 }, who))).toBe("token.invalid");
    expect(await refusal(auth.tokens.add({ ...request, expiresInDays: 0 }, who))).toBe("token.invalid");
  });

  it("never has a scope that does not exist or that its owner lacks", async () => {
    await admin();
    await auth.users.add({ name: "bob", password: PASSWORD, role: "viewer" });
    const { who } = await login(PASSWORD, { name: "bob" });
    const attempt = (...scopes: string[]) => refusal(auth.tokens.add({ name: "CI", scopes }, who));
    expect(await attempt("flows:read")).toBe("none");
    expect(await attempt("flows:write")).toBe("token.invalid");
    expect(await attempt("users:read")).toBe("token.invalid");
    expect(await attempt("flows:read", "moon:read")).toBe("token.invalid");
    expect(await attempt()).toBe("token.invalid");
  });

  it("cannot make a token that reaches further than itself", async () => {
    const { who } = await admin();
    const { token } = await auth.tokens.add({ name: "small", scopes: ["users:write", "flows:read"] }, who);
    const small = auth.token(token);
    if (small === undefined || small === "expired") throw new Error("The token was not taken.");
    expect(await refusal(auth.tokens.add({ name: "big", scopes: ["settings:write"] }, small))).toBe(
      "token.invalid",
    );
    expect(await refusal(auth.tokens.add({ name: "same", scopes: ["users:read"] }, small))).toBe("none");
  });

  it("is seen and removed by its owner and by administrators only", async () => {
    const ada = await admin();
    await auth.users.add({ name: "bob", password: PASSWORD, role: "viewer" });
    const bob = await login(PASSWORD, { name: "bob" });
    const ofAda = await auth.tokens.add(request, ada.who);
    const ofBob = await auth.tokens.add({ name: "CI", scopes: ["flows:read"] }, bob.who);
    expect(auth.tokens.list(bob.who).map(({ id }) => id)).toEqual([ofBob.id]);
    expect(auth.tokens.list(ada.who)).toHaveLength(2);
    expect(await auth.tokens.remove(ofAda.id, bob.who)).toBe(false);
    expect(await auth.tokens.remove(ofBob.id, ada.who)).toBe(true);
    expect(auth.token(ofBob.token)).toBeUndefined();
    expect(ended).toEqual([ofBob.id]);
  });

  it("is limited in number for each user", async () => {
    const { who } = await admin();
    const all = Array.from({ length: tokenLimits.perUser }, () => auth.tokens.add(request, who));
    await Promise.all(all);
    expect(await refusal(auth.tokens.add(request, who))).toBe("token.too-many");
  });
});

async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  await work();
  await work();
  return performance.now() - before;
}
