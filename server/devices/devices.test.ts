import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { DeviceRow } from "./deviceStore.ts";
import { createDevices, type DeviceArrival } from "./devices.ts";
import { isTokenOf } from "./deviceToken.ts";
import type { PresenceReport } from "./presenceHost.ts";

beforeEach(() => vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => vi.useRealTimers());

describe("devices: registry", () => {
  it("adds a device with an id from its name, changes and removes it", async () => {
    const { devices, rows } = createTest();
    expect(await devices.add({ name: "Kühl-Raum 1", area: "Cellar" })).toMatchObject({ ok: true });
    await devices.add({ name: "Kühl-Raum 1" });
    expect(devices.list().map(({ id }) => id)).toEqual(["kuhl-raum-1", "kuhl-raum-1-2"]);
    expect(await devices.patch("kuhl-raum-1", { name: "North", preset: "tasmota" })).toMatchObject({
      ok: true,
    });
    expect(devices.get("kuhl-raum-1")).toMatchObject({
      name: "North",
      area: "Cellar",
      preset: "tasmota",
      state: "unknown",
    });
    expect(await devices.remove("kuhl-raum-1")).toBe(true);
    expect(await devices.remove("kuhl-raum-1")).toBe(false);
    expect([...rows.keys()]).toEqual(["kuhl-raum-1-2"]);
    expect(await devices.patch("none", { name: "x" })).toBeUndefined();
  });

  it("tells all that is wrong with a draft at once", async () => {
    const { devices } = createTest();
    await devices.add({ name: "a" });
    const answer = await devices.add({
      id: "Not an id",
      name: "",
      area: "x".repeat(101),
      preset: "root",
      graceMs: -1,
      onClean: "x",
    });
    const paths = answer.ok ? [] : answer.problems.map(({ path }) => path).toSorted();
    expect(paths).toEqual(["/area", "/graceMs", "/id", "/name", "/onClean", "/preset"]);
    expect(await devices.add({ id: "a", name: "again" })).toMatchObject({
      ok: false,
      problems: [{ path: "/id" }],
    });
  });

  it("shows a token once and keeps only its hash; a new one ends the old one", async () => {
    const { devices, rows } = createTest();
    await devices.add({ id: "boiler", name: "Boiler" });
    expect(devices.credentialOf("boiler")).toBeUndefined();
    const first = (await devices.issueCredential("boiler"))!;
    expect(first).toEqual({ username: "boiler", password: "token-1", topics: ["devices/boiler/#"] });
    expect(JSON.stringify([...rows.values()])).not.toContain("token-1");
    const access = devices.credentialOf("boiler")!;
    expect(access).toMatchObject({
      device: { id: "boiler", name: "Boiler" },
      rules: [{ filter: "devices/%u/#" }],
    });
    expect(isTokenOf(access.tokenHash, Buffer.from("token-1"))).toBe(true);
    await devices.issueCredential("boiler");
    expect(isTokenOf(devices.credentialOf("boiler")!.tokenHash, "token-1")).toBe(false);
    expect(devices.credentialOf(undefined)).toBeUndefined();
    expect(await devices.issueCredential("none")).toBeUndefined();
  });

  it("counts who knocks, and keeps the newest 200", () => {
    const { devices } = createTest();
    const knock = { clientId: "esp", username: undefined, address: "10.0.0.9", reason: "credentials" };
    for (let at = 0; at < 3; at += 1) devices.knocks.note({ ...knock, at });
    expect(devices.knocks.list()).toMatchObject([{ clientId: "esp", count: 3, lastAt: 2 }]);
    for (let at = 0; at < 250; at += 1) devices.knocks.note({ ...knock, clientId: `c${at}`, at });
    expect(devices.knocks.list()).toHaveLength(200);
    expect(devices.knocks.list()[0]).toMatchObject({ clientId: "c249" });
    devices.knocks.forget("c249");
    expect(devices.knocks.list()[0]).toMatchObject({ clientId: "c248" });
  });
});

describe("devices: who speaks", () => {
  it("finds devices by convention and registers them", () => {
    const { devices, say } = createTest();
    say("zigbee2mqtt/kitchen/floor_lamp", '{"state":"ON"}', { clientId: "z2m" });
    say("tele/bath/SENSOR", "{}", { clientId: "DVES_1" });
    expect(devices.deviceOf("zigbee2mqtt/kitchen/floor_lamp/set", "x", "y")).toEqual({
      id: "kitchen-floor-lamp",
      name: "kitchen/floor_lamp",
    });
    expect(devices.list()).toMatchObject([
      { id: "zigbee2mqtt-bridge", discovered: true },
      { id: "kitchen-floor-lamp", discovered: true, parent: "zigbee2mqtt-bridge", state: "online" },
      { id: "bath", discovered: true, parent: null },
    ]);
  });

  it("does not take a command for a device, nor what the hub publishes itself", () => {
    const { devices, say } = createTest();
    say("cmnd/bath/POWER", "ON", { clientId: "phone" });
    say("zigbee2mqtt/lamp/set", "{}", { clientId: "phone" });
    say("tele/bath/LWT", "Online", { clientId: undefined });
    expect(devices.list()).toEqual([]);
    expect(devices.deviceOf("cmnd/bath/POWER", "phone", undefined)).toBeUndefined();
  });

  it("learns Zigbee names with slashes from the list of the bridge", () => {
    const { devices, say } = createTest();
    const list = [{ friendly_name: "Coordinator", type: "Coordinator" }, { friendly_name: "hall/plug" }];
    say("zigbee2mqtt/bridge/devices", JSON.stringify(list), { clientId: "z2m", retain: true });
    expect(devices.list().map(({ name }) => name)).toEqual(["Zigbee2MQTT bridge", "hall/plug"]);
    expect(devices.deviceOf("zigbee2mqtt/hall/plug/power", undefined, undefined)).toMatchObject({
      id: "hall-plug",
    });
  });

  it("knows a device by its credential where the topic names it", async () => {
    const { devices, say } = createTest();
    await devices.add({ id: "boiler", name: "Boiler" });
    await devices.issueCredential("boiler");
    const at = (topic: string) => devices.deviceOf(topic, "boiler-client", "boiler")?.id;
    expect(at("plant/boiler/temperature")).toBe("boiler");
    expect(at("plant/boiler-client/temperature")).toBe("boiler");
    expect(at("v1/devices/me/telemetry")).toBe("boiler");
    expect(at("plant/other/temperature")).toBeUndefined();
    expect(at("devices/boiler/t")).toBe("boiler");
    say("devices/boiler/t", "1", { clientId: "boiler-client", user: "boiler" });
    expect(devices.list()).toHaveLength(1);
  });

  it("takes a convention for the credentialed device when it has the same name", async () => {
    const { devices, say } = createTest();
    await devices.add({ id: "bath", name: "Bath plug", preset: "tasmota" });
    await devices.issueCredential("bath");
    say("tele/bath/LWT", "Online", { clientId: "DVES_1", user: "bath", retain: true });
    expect(devices.list()).toMatchObject([{ id: "bath", name: "Bath plug", state: "online" }]);
    expect(devices.deviceOf("stat/bath/POWER", "other", "other")).toMatchObject({ id: "bath" });
  });

  it("knows an ESPHome device by its prefix once its status was seen", () => {
    const { devices, say } = createTest();
    say("barn/sensor/t/state", "21", { clientId: "barn-esp" });
    expect(devices.deviceOf("barn/sensor/t/state", "barn-esp", undefined)).toBeUndefined();
    say("barn/status", "online", { clientId: "barn-esp", retain: true });
    expect(devices.deviceOf("barn/sensor/t/state", "barn-esp", undefined)).toMatchObject({
      id: "barn",
      name: "barn",
    });
  });

  it("takes the first name a credentialed client speaks under for the device itself, not for a second one", async () => {
    const { devices, session, say } = createTest();
    await devices.add({ id: "north", name: "Cold store north" });
    await devices.issueCredential("north");
    session("c1", true, { user: "north", epoch: 1 });
    say("coldstore/north/status", "online", { clientId: "c1", user: "north", retain: true });
    expect(devices.list()).toMatchObject([{ id: "north", name: "Cold store north", state: "online" }]);
    expect(devices.deviceOf("coldstore/north/temperature", "c1", "north")).toMatchObject({ id: "north" });
    say("tele/boiler/SENSOR", "{}", { clientId: "c1", user: "north" });
    expect(devices.list().map(({ id }) => id)).toEqual(["north", "boiler"]);
  });

  it("only proposes a topic that merely looks like availability", () => {
    const { devices, say } = createTest();
    say("pump/LWT", "Online", { clientId: "c" });
    expect(devices.list()).toEqual([]);
    expect(devices.proposals()).toMatchObject([{ topic: "pump/LWT", value: "online" }]);
  });

  it("stops finding devices at 5,000", () => {
    const { devices, say } = createTest();
    for (let index = 0; index < 5_002; index += 1)
      say(`tele/t${index}/STATE`, "{}", { clientId: `c${index}` });
    expect(devices.list()).toHaveLength(5_000);
  });
});

describe("devices: presence", () => {
  it("reports a credentialed device as offline after its grace, and as recovered", async () => {
    const { devices, session, told } = createTest();
    await devices.add({ id: "boiler", name: "Boiler" });
    await devices.issueCredential("boiler");
    session("c1", true, { user: "boiler", epoch: 1 });
    await pass(10);
    session("c1", false, { user: "boiler", epoch: 1, cause: "socket" });
    await pass(29);
    expect(told()).toEqual(["boiler online"]);
    await pass(1);
    expect(told()).toEqual(["boiler online", "boiler offline socket"]);
    expect(devices.get("boiler")).toMatchObject({ state: "offline", reason: "socket", clientIds: ["c1"] });
    await pass(60);
    session("c1", true, { user: "boiler", epoch: 2 });
    expect(told().at(-1)).toBe("boiler recovered socket 90000");
  });

  it("says nothing when the device is back in time, and keeps a grace of its own", async () => {
    const { devices, session, told } = createTest();
    await devices.add({ id: "boiler", name: "Boiler", graceMs: 5_000 });
    await devices.issueCredential("boiler");
    session("c1", true, { user: "boiler", epoch: 1 });
    session("c1", false, { user: "boiler", epoch: 1, cause: "socket" });
    await pass(4);
    session("c1", true, { user: "boiler", epoch: 2 });
    await pass(1_000);
    expect(told()).toEqual(["boiler online"]);
    session("c1", false, { user: "boiler", epoch: 2, cause: "keepalive" });
    await pass(5);
    expect(told().at(-1)).toBe("boiler offline keepalive");
  });

  it("binds a client to the one device it speaks for", async () => {
    const { session, say, told } = createTest();
    session("DVES_1", true, { epoch: 1 });
    say("tele/bath/SENSOR", "{}", { clientId: "DVES_1", epoch: 1 });
    session("DVES_1", false, { epoch: 1, cause: "keepalive" });
    await pass(30);
    expect(told()).toEqual(["bath online", "bath offline keepalive"]);
    session("DVES_1", true, { epoch: 2 });
    expect(told().at(-1)).toBe("bath recovered keepalive 30000");
  });

  it("takes a client that speaks for two devices for a gateway, not for their session", async () => {
    const { devices, session, say, told } = createTest();
    session("gw", true, { epoch: 1 });
    say("tele/a/SENSOR", "{}", { clientId: "gw", epoch: 1 });
    say("tele/b/SENSOR", "{}", { clientId: "gw", epoch: 1 });
    session("gw", false, { epoch: 1, cause: "socket" });
    await pass(60);
    expect(told()).toEqual(["a online", "b online"]);
    expect(devices.get("a")!.clientIds).toEqual([]);
  });

  it("ignores the will of a session that was replaced", async () => {
    const { session, say, told } = createTest();
    session("DVES_1", true, { epoch: 1 });
    say("tele/bath/LWT", "Online", { clientId: "DVES_1", epoch: 1, retain: true });
    session("DVES_1", false, { epoch: 1, cause: "takeover" });
    say("tele/bath/LWT", "Offline", { clientId: "DVES_1", epoch: 1, will: true, retain: true });
    session("DVES_1", true, { epoch: 2 });
    say("tele/bath/LWT", "Online", { clientId: "DVES_1", epoch: 2, retain: true });
    await pass(600);
    expect(told()).toEqual(["bath online"]);
  });

  it("believes the will of the last session", async () => {
    const { session, say, told } = createTest();
    session("DVES_1", true, { epoch: 1 });
    say("tele/bath/LWT", "Online", { clientId: "DVES_1", epoch: 1, retain: true });
    session("DVES_1", false, { epoch: 1, cause: "keepalive" });
    say("tele/bath/LWT", "Offline", { clientId: "DVES_1", epoch: 1, will: true, retain: true });
    await pass(30);
    expect(told()).toEqual(["bath online", "bath offline keepalive"]);
  });

  it("reports a gateway with the number of its children, and those that stay away after it is back", async () => {
    const { devices, session, say, told, reports } = createTest();
    session("z2m", true, { epoch: 1 });
    for (let index = 0; index < 40; index += 1)
      say(`zigbee2mqtt/bulb${index}`, "{}", { clientId: "z2m", epoch: 1 });
    const before = told().length;
    session("z2m", false, { epoch: 1, cause: "socket" });
    await pass(30);
    expect(told().slice(before)).toEqual(["zigbee2mqtt-bridge offline socket"]);
    expect(reports.at(-1)).toMatchObject({ children: 40 });
    expect(devices.get("bulb7")).toMatchObject({ state: "offline", reason: "parent" });
    await pass(70);
    session("z2m", true, { epoch: 2 });
    await pass(50);
    for (let index = 0; index < 39; index += 1)
      say(`zigbee2mqtt/bulb${index}`, "{}", { clientId: "z2m", epoch: 2 });
    await pass(10);
    expect(told().slice(before + 1)).toEqual([
      "zigbee2mqtt-bridge recovered socket 100000",
      "bulb39 offline parent",
    ]);
  });

  it("pairs the death of a Sparkplug node with its birth", async () => {
    const { say, told } = createTest();
    say("spBv1.0/plant/NBIRTH/edge", withNumber(4), { clientId: "edge" });
    say("spBv1.0/plant/NDEATH/edge", withNumber(3), { clientId: "edge" });
    await pass(60);
    expect(told()).toEqual(["edge online"]);
    say("spBv1.0/plant/NDEATH/edge", withNumber(4), { clientId: "edge" });
    await pass(30);
    expect(told().at(-1)).toBe("edge offline topic");
  });

  it("takes a retained availability for the state of a device, without a word", async () => {
    const { devices, say, told, restart } = createTest();
    say("tele/bath/SENSOR", "{}", { clientId: "c" });
    await devices.stop();
    const again = await restart((row) => ({ ...row, presence: null }));
    again.devices.retained("tele/bath/LWT", Buffer.from("Offline"));
    expect(again.devices.get("bath")).toMatchObject({ state: "offline", reason: "topic" });
    expect(again.told()).toEqual([]);
    expect(told()).toEqual(["bath online"]);
  });

  it("keeps presence over a restart: those that are back in time are no news, the others come together", async () => {
    const { devices, session, restart } = createTest();
    for (const id of ["a", "b", "c"]) {
      await devices.add({ id, name: id });
      await devices.issueCredential(id);
      session(`client-${id}`, true, { user: id, epoch: 1 });
    }
    await devices.stop();
    await pass(300);
    const again = await restart();
    await pass(29);
    again.session("client-a", true, { user: "a", epoch: 2 });
    await pass(11);
    again.session("client-b", true, { user: "b", epoch: 2 });
    expect(again.told()).toEqual([
      "b offline hub-restart",
      "c offline hub-restart",
      "b recovered hub-restart 40000",
    ]);
    expect(again.reports[0]).toMatchObject({ collected: 2 });
    expect(again.devices.get("a")).toMatchObject({ state: "online", blinks: 0 });
  });

  it("learns the rhythm of a device and misses it when it falls silent, but not a button", async () => {
    const { say, told } = createTest();
    for (let index = 0; index < 12; index += 1) {
      say("shellies/meter/power", "1", { clientId: undefined, will: false });
      say("zigbee2mqtt/meter", "1", { clientId: "z2m" });
      if (index % 3 === 0) say("zigbee2mqtt/button", "1", { clientId: "z2m" });
      await pass(60);
    }
    await pass(600);
    expect(told()).toContain("meter offline silent");
    expect(told()).not.toContain("button offline silent");
  });

  it("writes what it decided, also when the store failed once", async () => {
    const { devices, session, rows, failNextWrite, errors } = createTest();
    await devices.add({ id: "boiler", name: "Boiler" });
    await devices.issueCredential("boiler");
    failNextWrite();
    session("c1", true, { user: "boiler", epoch: 1 });
    await pass(2);
    expect(errors).toEqual(["Presence could not be written; it is tried again."]);
    await pass(60);
    expect(rows.get("boiler")!.presence).toMatchObject({ state: "online" });
  });

  it("tells pages which device changed, and listeners that fail disturb nobody", async () => {
    const { devices, session, errors, reports } = createTest();
    const changed: string[] = [];
    devices.onPresence(() => {
      throw new Error("listener");
    });
    const off = devices.onChange((id) => changed.push(id));
    await devices.add({ id: "boiler", name: "Boiler" });
    await devices.issueCredential("boiler");
    session("c1", true, { user: "boiler", epoch: 1 });
    off();
    expect(changed).toContain("boiler");
    expect(reports).toHaveLength(1);
    expect(errors).toEqual(["A listener for devices failed."]);
  });

  it("forgets everything about a device that was removed", async () => {
    const { devices, session, told } = createTest();
    await devices.add({ id: "boiler", name: "Boiler" });
    await devices.issueCredential("boiler");
    session("c1", true, { user: "boiler", epoch: 1 });
    session("c1", false, { user: "boiler", epoch: 1, cause: "socket" });
    await devices.remove("boiler");
    await pass(100);
    expect(told()).toEqual(["boiler online"]);
    await devices.add({ id: "boiler", name: "Boiler" });
    expect(devices.get("boiler")).toMatchObject({ state: "unknown" });
  });
});

function createTest(rows = new Map<string, DeviceRow>()) {
  const errors: string[] = [];
  const reports: PresenceReport[] = [];
  let tokens = 0;
  let failing = false;
  const devices = createDevices({
    store: {
      all: () => [...rows.values()],
      async put(row) {
        const { presence = null, lastSeenAt = null } = rows.get(row.id) ?? {};
        rows.set(row.id, { ...row, presence, lastSeenAt });
      },
      remove: async (id) => rows.delete(id),
      async putPresence(changes) {
        if (failing) {
          failing = false;
          throw new Error("disk full");
        }
        for (const { id, presence, lastSeenAt } of changes) {
          const row = rows.get(id);
          if (row !== undefined)
            rows.set(id, { ...row, presence: JSON.parse(JSON.stringify(presence)), lastSeenAt });
        }
      },
    },
    now: () => Date.now(),
    schedule(run, delayMs) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    log: { error: (_details, message) => void errors.push(message) },
    newToken: () => `token-${(tokens += 1)}`,
  });
  devices.onPresence((report) => reports.push(report));
  devices.start();
  const say = (topic: string, text: string, given: Partial<DeviceArrival> = {}) =>
    devices.arrival({
      topic,
      payload: Buffer.from(text),
      qos: 0,
      retain: false,
      seenAt: Date.now(),
      clientId: "someone",
      user: undefined,
      epoch: 1,
      will: false,
      ...given,
    });
  const session = (
    clientId: string,
    up: boolean,
    given: { user?: string; epoch: number; cause?: string },
  ) => {
    const { user, epoch, cause = "connect" } = given;
    devices.session({ clientId, user, epoch, up, cause, address: "127.0.0.1", at: Date.now() });
  };
  const told = () =>
    reports.map(({ device, event, reason, outageMs = "" }) =>
      `${device.id} ${event} ${reason} ${outageMs}`.trim().replace(/\s+/g, " "),
    );
  const failNextWrite = () => (failing = true);
  const restart = async (change: (row: DeviceRow) => DeviceRow = (row) => row) =>
    createTest(new Map([...rows].map(([id, row]) => [id, change(row)])));
  return { devices, rows, errors, reports, say, session, told, failNextWrite, restart };
}

async function pass(seconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
}

function withNumber(number: number): string {
  return JSON.stringify({ metrics: [{ name: "bdSeq", int_value: number }] });
}
