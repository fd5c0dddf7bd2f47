import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type IClientOptions, type MqttClient, connectAsync } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import type {
  DeviceCredentials,
  DeviceSummary,
  Health,
  HubInfo,
  Me,
  Page,
} from "../../server/api/contract.ts";
import { runCommand } from "../../server/cli/runCommand.ts";
import { openStore } from "../../server/store/store.ts";
import { createTestAuthority } from "../pki.ts";
import {
  type Ended,
  type HubOptions,
  type HubProcess,
  addDevice,
  anonymous,
  eventually,
  metric,
  removeFolder,
  runMillrace,
  signIn,
  startHub,
} from "./hubProcess.ts";

const withTls = ["--mqtts-port", "0", "--log-level", "warn"];
const CUT_MAX_MS = 1_000;

async function hubForTest(options: HubOptions = {}): Promise<HubProcess> {
  const hub = await startHub({ args: withTls, ...options });
  onTestFinished(async () => {
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
  });
  return hub;
}

function folderForTest(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-tls-"));
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** `millrace device …` on a data folder, answered in JSON; in this process, which starts faster than another one. */
async function device(folder: string, ...args: readonly string[]): Promise<Ended & { readonly json: Said }> {
  let [out, err] = ["", ""];
  const code = await runCommand(["device", ...args, "--data", folder, "--json"], {
    environment: {},
    out: (line) => void (out += `${line}\n`),
    err: (line) => void (err += `${line}\n`),
  });
  return { code, out, err, json: JSON.parse(out) as Said };
}

interface Said {
  readonly id: string;
  readonly port: number | null;
  readonly password: string;
  readonly fingerprint: string;
  readonly files: { readonly key: string; readonly cert: string; readonly ca: string };
  readonly certificates: number;
  readonly token: boolean;
  readonly error: { readonly code: string; readonly message: string };
}

/** Connects over TLS; with the files that the command line wrote, as the device they are for. */
async function connect(
  port: number,
  options: IClientOptions & { files?: Said["files"] },
): Promise<MqttClient> {
  const { files, ...rest } = options;
  const read = files && {
    key: readFileSync(files.key),
    cert: readFileSync(files.cert),
    ca: readFileSync(files.ca),
  };
  const client = await connectAsync(`mqtts://localhost:${port}`, {
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    ...read,
    ...rest,
  });
  onTestFinished(() => void client.end(true));
  return client;
}

function closed(client: MqttClient): Promise<number> {
  const from = performance.now();
  return new Promise((resolve) => void client.once("close", () => resolve(performance.now() - from)));
}

describe("millrace device, while the hub runs", () => {
  test("writes files that MQTT.js connects with, and cuts the device off within a second", async () => {
    const hub = await hubForTest();
    const out = folderForTest();
    const added = await device(hub.folder, "add", "pump-1", "--cert", "--out", out, "--area", "Cellar");
    expect(added.code, added.err + added.out).toBe(0);
    const { files, port } = added.json;
    expect(port).toBe(hub.mqttsPort);
    expect(files).toEqual({
      key: join(out, "pump-1.key"),
      cert: join(out, "pump-1.crt"),
      ca: join(out, "ca.crt"),
    });
    expect(statSync(files.key).mode & 0o777).toBe(0o600);
    expect(added.out).not.toContain("PRIVATE");

    const client = await connect(hub.mqttsPort, { files, clientId: "pump-1" });
    await client.publishAsync("devices/pump-1/state", "on", { qos: 1 });
    const api = await signIn(hub);
    const shown = async () => (await api<Page<DeviceSummary>>("GET", "/devices")).body.items[0];
    expect(await eventually(shown, (one) => one?.state === "online")).toMatchObject({
      id: "pump-1",
      area: "Cellar",
      hasCredential: true,
    });
    const cut = closed(client);
    const revoked = await device(hub.folder, "revoke", "pump-1", "--fingerprint", added.json.fingerprint);
    expect(revoked.json).toEqual({ id: "pump-1", certificates: 1, token: false });
    await cut;
    await expect(connect(hub.mqttsPort, { files, clientId: "pump-1" })).rejects.toThrow("Not authorized");
    expect(await metric(api, `millrace_broker_refused_total{reason="certificate-revoked"}`)).toBe(1);
    expect(await shown()).toMatchObject({ hasCredential: false });

    const renewed = await device(hub.folder, "renew", "pump-1", "--cert", "--out", out);
    const again = await connect(hub.mqttsPort, { files: renewed.json.files, clientId: "pump-1" });
    const gone = closed(again);
    const asked = performance.now();
    expect((await api("DELETE", "/devices/pump-1")).status).toBe(204);
    await gone;
    expect(performance.now() - asked).toBeLessThan(CUT_MAX_MS);
    // The name is free again, and the old certificate opens nothing for the new device.
    await addDevice(api, "pump-1");
    await expect(connect(hub.mqttsPort, { files: renewed.json.files })).rejects.toThrow("Not authorized");
    expect(hub.log()).not.toContain("PRIVATE");
  });

  test("gives passwords too, and says what it refuses, with exit code 1", async () => {
    const hub = await hubForTest();
    const added = await device(hub.folder, "add", "lamp", "--name", "Desk lamp", "--preset", "any");
    expect(added.json).toMatchObject({ id: "lamp", username: "lamp", port: hub.mqttPort });
    const { ca } = (await device(hub.folder, "renew", "lamp", "--cert", "--out", folderForTest())).json.files;
    const { password } = added.json;
    const login = { username: "lamp", password, ca: readFileSync(ca) };
    const client = await connect(hub.mqttsPort, login);
    const cut = closed(client);
    const renewed = await device(hub.folder, "renew", "lamp");
    await cut;
    await expect(connect(hub.mqttsPort, login)).rejects.toThrow("Bad username or password");
    await connect(hub.mqttsPort, { ...login, password: renewed.json.password });
    expect((await device(hub.folder, "revoke", "lamp")).json).toEqual({
      id: "lamp",
      certificates: 1,
      token: true,
    });

    const taken = await device(hub.folder, "add", "lamp");
    expect(taken).toMatchObject({ code: 1, json: { error: { code: "device.exists" } } });
    for (const action of ["remove", "renew", "revoke"] as const) {
      const { code, json } = await device(hub.folder, action, "nobody");
      expect({ action, code, error: json.error.code }).toEqual({ action, code: 1, error: "device.unknown" });
    }
    const list = await runMillrace("device", "list", "--data", hub.folder);
    expect(list.code).toBe(0);
    expect(list.out).toMatch(/^lamp {2}\S+ +Desk lamp {2}cannot log in$/m);
  });

  test("has a way in for its owner alone, for devices alone, and for this run alone", async () => {
    const hub = await hubForTest();
    const file = join(hub.folder, "local-control");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { token } = JSON.parse(readFileSync(file, "utf8")) as { token: string };
    const ask = (path: string) =>
      anonymous(hub.url)("GET", path, undefined, { authorization: `Bearer ${token}` });
    expect((await ask("/devices")).status).toBe(200);
    for (const path of ["/users", "/flows", "/tokens", "/channels"])
      expect((await ask(path)).status).toBe(403);
    await device(hub.folder, "add", "lamp");
    expect(await hub.stop()).toBe(0);
    expect(existsSync(file)).toBe(false);
    const store = await openStore({ folder: hub.folder, now: Date.now });
    const lines = store.audit
      .list({ limit: 10 })
      .items.map(({ actor, action, target }) => [actor, action, target]);
    await store.close();
    expect(lines).toContainEqual(["local command line", "devices.add", "lamp"]);
    const next = await startHub({ folder: hub.folder, args: withTls });
    const old = await anonymous(next.url)("GET", "/devices", undefined, { authorization: `Bearer ${token}` });
    expect(old.status).toBe(401);
    await next.stop();
  });
});

describe("millrace device, while the hub does not run", () => {
  test("does the same on the data folder, and the hub that starts then knows", async () => {
    const first = await hubForTest({ args: ["--log-level", "silent"] });
    expect(first.mqttsPort).toBe(0);
    await first.stop();
    const out = folderForTest();
    const added = await device(first.folder, "add", "pump", "--cert", "--out", out, "--mqtts-port", "18883");
    expect(added.json).toMatchObject({ id: "pump", port: 18_883 });
    const lamp = await device(first.folder, "add", "lamp");
    expect((await device(first.folder, "add", "gone")).code).toBe(0);
    expect((await device(first.folder, "remove", "gone")).code).toBe(0);
    const list = await device(first.folder, "list");
    expect(list.json).toMatchObject([{ id: "lamp" }, { id: "pump", hasCredential: true }]);

    const hub = await startHub({ folder: first.folder, args: withTls });
    onTestFinished(async () => void (await hub.stop("SIGKILL")));
    await connect(hub.mqttsPort, { files: added.json.files, clientId: "pump" });
    const ca = readFileSync(added.json.files.ca);
    await connect(hub.mqttsPort, { ca, username: "lamp", password: lamp.json.password });
    await hub.stop();
    expect((await device(first.folder, "revoke", "pump")).json).toMatchObject({
      certificates: 1,
      token: false,
    });
    const last = await startHub({ folder: first.folder, args: withTls });
    onTestFinished(async () => void (await last.stop("SIGKILL")));
    await expect(connect(last.mqttsPort, { files: added.json.files })).rejects.toThrow("Not authorized");
  });

  test("tells what is wrong before it makes anything", async () => {
    const folder = folderForTest();
    const nowhere = await device(folder, "list");
    expect(nowhere).toMatchObject({ code: 3, json: { error: { code: "hub.unknown" } } });
    const hub = await hubForTest();
    await hub.stop();
    writeFileSync(join(folder, "pump.key"), "precious");
    const refused = await device(hub.folder, "add", "pump", "--cert", "--out", folder);
    expect(refused.code).toBe(1);
    expect(refused.json.error.message).toContain("pump.key exists already");
    expect(readFileSync(join(folder, "pump.key"), "utf8")).toBe("precious");
    expect((await device(hub.folder, "list")).json).toEqual([]);
    const bad = await runMillrace("device", "add", "Not an id", "--data", hub.folder);
    expect(bad).toMatchObject({ code: 1 });
    expect(bad.err).toContain('"Not an id" is no id');
  });
});

describe("the TLS listener", () => {
  test("opens on 8883 or the port that was set, once there is a certificate; people can download what to trust", async () => {
    const hub = await hubForTest({ args: ["--log-level", "silent"] });
    const api = await signIn(hub);
    expect(hub.mqttsPort).toBe(0);
    expect(await api("GET", "/ca.crt")).toMatchObject({ status: 404, body: { code: "certificate.unknown" } });
    await hub.stop();
    const next = await hubForTest({ folder: hub.folder });
    const answer = await (await signIn(next))<string>("GET", "/ca.crt");
    expect(answer.headers.get("content-type")).toContain("application/x-pem-file");
    const { username, password } = await addDevice(await signIn(next), "lamp");
    await connect(next.mqttsPort, { ca: answer.body, username, password });
    const me = await (await signIn(next))<Me>("GET", "/me");
    expect(me.body.hub.mqtt).toMatchObject({ tlsPort: next.mqttsPort } satisfies Partial<HubInfo["mqtt"]>);
  });

  test("stays closed until the hub is set up", async () => {
    const hub = await hubForTest({ isNew: true });
    expect(hub.mqttsPort).toBe(0);
    expect(existsSync(join(hub.folder, "tls"))).toBe(false);
  });

  test("says in the hub's health that its port is taken, and the hub runs", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";
    const hub = await hubForTest({ args: ["--mqtts-port", port, "--log-level", "silent"] });
    const health = (await (await signIn(hub))<Health>("GET", "/readyz")).body;
    expect(health.state).toBe("degraded");
    expect(health.reasons.join()).toContain(`Devices cannot connect with TLS: Port ${port} is used`);
  });

  test("serves given files, takes new ones without a restart, and keeps the old ones from bad ones", async () => {
    const folder = folderForTest();
    const authority = createTestAuthority();
    const files = ["--tls-cert", join(folder, "cert.pem"), "--tls-key", join(folder, "key.pem")];
    const place = (more: { readonly key?: string } = {}) => {
      const until = Date.now() + 20 * 86_400_000;
      const pair = authority.issue({ use: "server", names: ["localhost"], until });
      writeFileSync(join(folder, "key.pem"), more.key ?? pair.key);
      writeFileSync(join(folder, "cert.pem"), pair.cert);
    };
    place();
    const hub = await hubForTest({ args: [...withTls, ...files] });
    const api = await signIn(hub);
    const { username, password } = await addDevice(api, "lamp");
    const login = { ca: authority.ca, username, password };
    const old = await connect(hub.mqttsPort, { ...login, clientId: "old" });
    const health = async () => (await api<Health>("GET", "/readyz")).body;
    expect((await health()).warnings?.join() ?? "").toContain("expires on");

    place({ key: authority.issue({}).key });
    const bad = await eventually(health, ({ reasons }) => reasons.join().includes("does not belong"));
    expect(bad.reasons.join()).toContain("The certificate before stays in use until this is put right.");
    await connect(hub.mqttsPort, { ...login, clientId: "meanwhile" });
    place();
    await eventually(health, ({ reasons }) => !reasons.join().includes("does not belong"));
    await connect(hub.mqttsPort, { ...login, clientId: "new" });
    expect(old.connected).toBe(true);
  });

  test("accepts devices of another authority by name, and can demand certificates", async () => {
    const folder = folderForTest();
    const plant = createTestAuthority("Plant CA");
    writeFileSync(join(folder, "plant.pem"), plant.ca);
    const more = ["--tls-ca", join(folder, "plant.pem"), "--client-certificates", "required"];
    const hub = await hubForTest({ args: [...withTls, ...more] });
    const api = await signIn(hub);
    const { username, password } = await addDevice(api, "boiler");
    const ca = (await api<string>("GET", "/ca.crt")).body;
    const boiler = plant.issue({ subject: "x", names: ["boiler"] });
    const shown = { ca, key: boiler.key, cert: boiler.cert };
    const client = await connect(hub.mqttsPort, { ...shown, clientId: "boiler" });
    await expect(connect(hub.mqttsPort, { ca, username, password })).rejects.toThrow(
      /alert|closed|reset|disconnected|Not authorized|refused/i,
    );
    const stranger = plant.issue({ subject: "stranger" });
    await expect(connect(hub.mqttsPort, { ca, key: stranger.key, cert: stranger.cert })).rejects.toThrow(
      /alert|closed|reset|disconnected|Not authorized|refused/i,
    );
    const cut = closed(client);
    const asked = performance.now();
    const body = { fingerprint: boiler.fingerprint };
    expect(await api("POST", "/devices/boiler/revoke", body)).toMatchObject({ body: { certificates: 1 } });
    await cut;
    expect(performance.now() - asked).toBeLessThan(CUT_MAX_MS);
    await expect(connect(hub.mqttsPort, shown)).rejects.toThrow("Not authorized");
    expect(await api("POST", "/devices/boiler/revoke", { fingerprint: "12" })).toMatchObject({
      status: 422,
      body: { code: "certificate.invalid" },
    });
  });
});

describe("B39: clients without a credential", () => {
  test("get in where the administrator says so, do little, and are told of in the health of the hub", async () => {
    const hub = await hubForTest({ args: ["--anonymous", "loopback", "--log-level", "warn"] });
    const api = await signIn(hub);
    const lamp: DeviceCredentials = await addDevice(api, "lamp");
    const plain = (options: IClientOptions) =>
      connectAsync(`mqtt://127.0.0.1:${hub.mqttPort}`, { reconnectPeriod: 0, ...options });
    const client = await plain({ clientId: "guest" });
    onTestFinished(() => void client.end(true));
    await client.subscribeAsync("anonymous/#");
    await expect(client.subscribeAsync("devices/#")).rejects.toThrow("Subscribe error");
    await client.publishAsync("devices/lamp/state", "forged", { qos: 1 });
    expect(await metric(api, `millrace_broker_denied_total{action="publish"}`)).toBe(1);
    await expect(plain({ clientId: lamp.id })).rejects.toThrow("Not authorized");
    await expect(plain({ username: "lamp", password: "wrong" })).rejects.toThrow("Bad username");
    const health = (await api<Health>("GET", "/readyz")).body;
    expect(health).toMatchObject({ state: "ok" });
    expect(health.warnings?.join() ?? "").toContain("Clients get in without a credential (this computer)");
    expect(hub.log()).toContain("Clients get in without a credential");
    expect((await anonymous(hub.url)<Health>("GET", "/healthz")).body).toEqual({ state: "ok", reasons: [] });
  });
});
