import { describe, expect, it } from "vitest";
import { isDeviceToken, newDeviceToken } from "./deviceTokens.ts";
import { commonPasswords } from "./commonPasswords.ts";
import { nameFault, passwordFault, passwordLimits } from "./passwordRules.ts";
import { createPasswords, passwordSlots } from "./passwords.ts";
import { allows, isScope, roleAllows, roles, scopes, type Principal, type Role } from "./roles.ts";

describe("a password", () => {
  it.each([
    ["ninechars", "at least 10"],
    ["aaaaaaaaaabb", "different characters"],
    ["Password123", "common"],
    ["PASSWORD１２３", "common"],
    ["administrator of all", "acceptable"],
    ["abcd".repeat(passwordLimits.max / 4), "acceptable"],
    [`${"abcd".repeat(passwordLimits.max / 4)}e`, "at most 256"],
    ["🌊🌧💧🪣🚿🛁🧊⛲🌀", "at least 10"],
    ["ada lovelace", "differ from the name"],
  ])("%s: %s", (password, fault) => {
    expect(passwordFault(password, "Ada Lovelace") ?? "acceptable").toContain(fault);
  });

  it("is checked against a list that the other rules would let pass", () => {
    for (const password of commonPasswords) expect(passwordFault(password, "")).toContain("common");
  });
});

describe("a user name", () => {
  it.each([
    ["ada", true],
    ["Åsa Öberg", true],
    ["x".repeat(64), true],
    ["x".repeat(65), false],
    ["", false],
    [" ada", false],
    ["a\nb", false],
    ["a\u200bb", false],
  ])("%j is acceptable: %s", (name, isAcceptable) => {
    expect(nameFault(name) === undefined).toBe(isAcceptable);
  });
});

describe("password hashing", () => {
  it("computes four at a time and refuses beyond its queue", async () => {
    const passwords = createPasswords();
    const most = passwordSlots.running + passwordSlots.waiting;
    const results = await Promise.allSettled(
      Array.from({ length: most + 1 }, () => passwords.verify("wrong password", undefined)),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(most);
    expect(results.at(-1)).toMatchObject({ status: "rejected", reason: { code: "auth.throttled" } });
    expect(await passwords.verify("wrong password", undefined)).toBe(false);
  });
});

describe("roles", () => {
  it("each may all that the ones before may", () => {
    for (const scope of scopes) {
      const reaches = roles.map((role) => roleAllows(role, scope));
      expect(reaches).toEqual(reaches.toSorted((a, b) => Number(a) - Number(b)));
      expect(roleAllows("admin", scope)).toBe(true);
    }
  });

  it("reach as far as the table says", () => {
    expect(reach("viewer")).toBe("flows:read devices:read runs:read history:read alarms:read channels:read");
    expect(reach("operator")).toBe(
      "flows:read devices:read runs:read history:read alarms:read alarms:write channels:read",
    );
    expect(reach("editor")).toBe(
      "flows:read flows:write devices:read devices:write runs:read runs:write history:read history:write " +
        "alarms:read alarms:write channels:read",
    );
  });

  it("bound a token whatever its scopes, and scopes bound it whatever its role", () => {
    expect(allows(who("viewer", ["flows:write"]), "flows:write")).toBe(false);
    expect(allows(who("viewer", ["flows:write"]), "flows:read")).toBe(true);
    expect(allows(who("admin", ["flows:read"]), "flows:write")).toBe(false);
    expect(allows(who("admin", ["flows:read"]), "users:read")).toBe(false);
    expect(allows(who("admin"), "users:write")).toBe(true);
  });

  it("know their scopes", () => {
    expect(isScope("flows:read")).toBe(true);
    for (const text of ["flows", "flows:", "flows:all", "moon:read", "constructor:read"])
      expect(isScope(text)).toBe(false);
  });
});

describe("a device token", () => {
  it("has 128 bits, is kept as a hash, and matches only itself", () => {
    const { token, hash } = newDeviceToken();
    expect(Buffer.from(token, "base64url")).toHaveLength(16);
    expect(hash).not.toContain(token);
    expect(isDeviceToken(token, hash)).toBe(true);
    expect(isDeviceToken(Buffer.from(token), hash)).toBe(true);
    expect(isDeviceToken(`${token}x`, hash)).toBe(false);
    expect(isDeviceToken("", hash)).toBe(false);
    expect(isDeviceToken(token, "")).toBe(false);
    expect(newDeviceToken().token).not.toBe(token);
  });
});

function reach(role: Role): string {
  return scopes.filter((scope) => roleAllows(role, scope)).join(" ");
}

function who(role: Role, given?: readonly string[]): Principal {
  const principal: Principal = { user: { id: "u", name: "u", role }, key: "k", via: "token" };
  return given === undefined ? principal : { ...principal, scopes: given };
}
