import { describe, expect, test } from "vitest";
import type { Credentials } from "./broker/broker.ts";
import { hashToken } from "./devices/deviceToken.ts";
import { createMqttAccess } from "./mqttAccess.ts";
import type { AnonymousPlace } from "./settings.ts";

const rules = [{ effect: "allow", action: "both", filter: "devices/%u/#" }] as const;
const certificate = (fingerprint: string) => ({
  fingerprint,
  names: [fingerprint],
  der: new Uint8Array(),
  expiresAt: 1,
});

/** `pump` has a token, `lamp` a certificate, `boiler` both; `lamp` is known to connect as `esp-1`. */
function bench(anonymous: readonly AnonymousPlace[] = [], tlsCa?: string) {
  const tokens = new Map([
    ["pump", hashToken("secret")],
    ["boiler", hashToken("secret")],
  ]);
  const known = new Set(["pump", "lamp", "boiler", "bare"]);
  const revoked = new Set<string>();
  let tries = 0;
  const identityOf = (id: string) => (known.has(id) ? { device: { id, name: id }, rules } : undefined);
  const access = createMqttAccess({
    devices: {
      identityOf,
      credentialOf(user = "") {
        const [identity, tokenHash] = [identityOf(user), tokens.get(user)];
        return identity && tokenHash !== undefined ? { ...identity, tokenHash } : undefined;
      },
      ownerOf: (clientId) => (clientId === "esp-1" ? "lamp" : known.has(clientId) ? clientId : undefined),
    },
    certificates: {
      hasValid: (id) => ["lamp", "boiler"].includes(id) && !revoked.has(id),
      verdict: ({ fingerprint }) => {
        if (revoked.has(fingerprint)) return { refused: "certificate-revoked" };
        return known.has(fingerprint) ? { device: fingerprint } : undefined;
      },
    },
    attempt: () => {
      tries += 1;
      if (tries > 10) throw new Error("too often");
      return { succeed: () => {} };
    },
    settings: { anonymous, anonymousTopics: ["anonymous/#"], tlsCa },
  });
  const ask = (shown: Partial<Omit<Credentials, "password">> & { readonly password?: string }) =>
    access.authenticate({
      clientId: "c",
      username: undefined,
      listener: "mqtts",
      address: "192.0.2.1",
      ...shown,
      password: shown.password === undefined ? undefined : Buffer.from(shown.password),
    });
  return { access, ask, tokens, known, revoked };
}

describe("a client with a certificate", () => {
  test("is the device that it names, whatever password it sends", async () => {
    const { ask } = bench();
    expect(await ask({ certificate: certificate("lamp") })).toEqual({ user: "lamp", rules });
    expect(await ask({ certificate: certificate("lamp"), username: "lamp", password: "x" })).toMatchObject({
      user: "lamp",
    });
  });

  test("that names another user is refused: it is set up for two devices at once", async () => {
    const { ask } = bench();
    expect(await ask({ certificate: certificate("lamp"), username: "pump", password: "secret" })).toEqual({
      refused: "not-allowed",
      reason: "certificate-of-other-user",
    });
  });

  test("that is revoked stays out, also with the right password", async () => {
    const { ask, revoked } = bench();
    revoked.add("boiler");
    const shown = { certificate: certificate("boiler"), username: "boiler", password: "secret" };
    expect(await ask(shown)).toEqual({ refused: "not-allowed", reason: "certificate-revoked" });
  });

  test("that names no device of ours is asked for a password", async () => {
    const { ask } = bench();
    const stranger = { certificate: certificate("stranger") };
    expect(await ask(stranger)).toMatchObject({ refused: "credentials", reason: "no-credentials" });
    expect(await ask({ ...stranger, username: "pump", password: "secret" })).toMatchObject({ user: "pump" });
  });

  test("that was not accepted is told why, unless a password opens the door", async () => {
    const { ask } = bench();
    const shown = { certificateProblem: "certificate-expired" };
    expect(await ask(shown)).toEqual({ refused: "not-allowed", reason: "certificate-expired" });
    expect(await ask({ ...shown, username: "pump", password: "secret" })).toMatchObject({ user: "pump" });
  });
});

describe("a client with a password", () => {
  test("is the device of its user name; one that has only a certificate has no password", async () => {
    const { ask } = bench();
    expect(await ask({ username: "pump", password: "secret" })).toEqual({ user: "pump", rules });
    expect(await ask({ username: "pump", password: "wrong" })).toMatchObject({ reason: "wrong-password" });
    for (const username of ["lamp", "bare", "nobody"])
      expect(await ask({ username, password: "" })).toMatchObject({ reason: "unknown-device" });
  });
});

describe("C12, B38: a client id", () => {
  test("that is the id of another device, or that another one connects with, is refused", async () => {
    const { ask } = bench(["loopback"]);
    const refused = { refused: "not-allowed", reason: "client-id-of-other-user" };
    const pump = { username: "pump", password: "secret" };
    expect(await ask({ ...pump, clientId: "lamp" })).toEqual(refused);
    expect(await ask({ ...pump, clientId: "esp-1" })).toEqual(refused);
    expect(await ask({ clientId: "esp-1", address: "127.0.0.1" })).toEqual(refused);
    expect(await ask({ ...pump, clientId: "pump" })).toMatchObject({ user: "pump" });
    expect(await ask({ certificate: certificate("lamp"), clientId: "esp-1" })).toMatchObject({
      user: "lamp",
    });
  });
});

describe("B39: a client without any credential", () => {
  const anonymous = { user: undefined, rules: [{ effect: "allow", action: "both", filter: "anonymous/#" }] };

  test("stays out by default, also on this computer", async () => {
    expect(await bench().ask({ address: "127.0.0.1" })).toMatchObject({ reason: "no-credentials" });
  });

  test("gets in where the administrator says so, and to the topics that were named", async () => {
    const { ask } = bench(["loopback", "websocket"]);
    expect(await ask({ address: "127.0.0.1" })).toEqual(anonymous);
    expect(await ask({ address: "::1", listener: "mqtt" })).toEqual(anonymous);
    expect(await ask({ listener: "websocket" })).toEqual(anonymous);
    for (const listener of ["mqtt", "mqtts"] as const)
      expect(await ask({ listener })).toMatchObject({ reason: "no-credentials" });
  });

  test("is nobody who showed something that was wrong", async () => {
    const { ask } = bench(["mqtts"]);
    expect(await ask({ username: "pump", password: "wrong" })).toMatchObject({ reason: "wrong-password" });
    expect(await ask({ username: "pump" })).toMatchObject({ reason: "wrong-password" });
    expect(await ask({ password: "secret" })).toMatchObject({ refused: "credentials" });
    expect(await ask({ certificateProblem: "certificate-expired" })).toMatchObject({
      refused: "not-allowed",
    });
    expect(await ask({ certificate: certificate("stranger") })).toMatchObject({ refused: "credentials" });
  });
});

describe("a client that is connected", () => {
  const way = { listener: "mqtts", address: "192.0.2.1" } as const;

  test("stays as long as what it came in with is good", () => {
    const { access, tokens, known, revoked } = bench();
    const byCertificate = { ...way, certificate: certificate("boiler") };
    expect(access.current("boiler", "c", byCertificate)).toEqual({ user: "boiler", rules });
    expect(access.current("boiler", "c", way)).toMatchObject({ user: "boiler" });
    revoked.add("boiler");
    expect(access.current("boiler", "c", byCertificate)).toBeUndefined();
    expect(access.current("boiler", "c", way)).toMatchObject({ user: "boiler" });
    tokens.delete("boiler");
    expect(access.current("boiler", "c", way)).toBeUndefined();
    known.delete("lamp");
    expect(access.current("lamp", "c", { ...way, certificate: certificate("lamp") })).toBeUndefined();
  });

  test("keeps its session while it is away, as long as it may come back", () => {
    const { access, revoked } = bench();
    expect(access.current("lamp", "c")).toMatchObject({ user: "lamp" });
    revoked.add("lamp");
    expect(access.current("lamp", "c")).toBeUndefined();
    expect(access.current(undefined, "c")).toBeUndefined();
    // Certificates of another authority are written down nowhere.
    expect(access.current("bare", "c")).toBeUndefined();
    expect(bench([], "plant.pem").access.current("bare", "c")).toMatchObject({ user: "bare" });
  });

  test("without a credential stays where that is allowed", () => {
    const { access } = bench(["mqtts"]);
    expect(access.current(undefined, "c", way)).toMatchObject({ user: undefined });
    expect(access.current(undefined, "c", { ...way, listener: "mqtt" })).toBeUndefined();
    expect(access.current(undefined, "c")).toMatchObject({ user: undefined });
  });
});
