import { type IClientOptions, type MqttClient, connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  DeviceCredentials,
  DeviceSummary,
  Knock,
  Page,
  ProblemDocument,
} from "../../server/api/contract.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  connectAs,
  eventually,
  metric,
  nextMessage,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";

const GRACE_MS = 400;
/** CONNACK return codes [MQTT-3.2.2.3]. */
const [WRONG_CREDENTIALS, NOT_ALLOWED] = [4, 5];

describe("devices of a hub", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let watcher: MqttClient;
  const clients: MqttClient[] = [];

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
    watcher = await connect(await addDevice(api, "Watcher"));
    await watcher.subscribeAsync("#", { qos: 1 });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
  });

  async function connect(device: DeviceCredentials, options: IClientOptions = {}): Promise<MqttClient> {
    const client = await connectAs(device, hub, options);
    clients.push(client);
    return client;
  }

  const deviceOf = async (id: string) => (await api<DeviceSummary>("GET", `/devices/${id}`)).body;
  const untilState = (id: string, wanted: DeviceSummary["state"]) =>
    eventually(
      () => deviceOf(id),
      ({ state }) => state === wanted,
    );

  /** The code with which the hub refuses a connection. */
  async function refusalOf(device: DeviceCredentials, options: IClientOptions = {}): Promise<unknown> {
    try {
      await connect(device, options);
    } catch (error) {
      return error instanceof Error && "code" in error ? error.code : error;
    }
    return "It was let in.";
  }

  async function knockOf(clientId: string): Promise<Knock | undefined> {
    const { body } = await api<Page<Knock>>("GET", "/devices/knocks");
    return body.items.find((knock) => knock.clientId === clientId);
  }

  describe("credentials", () => {
    test("are shown once, and never again", async () => {
      const device = await addDevice(api, "Kept secret");
      expect(device).toMatchObject({ id: "kept-secret", username: "kept-secret", port: hub.mqttPort });
      expect(device.password.length).toBeGreaterThanOrEqual(20);
      expect(device.topics).toEqual(["#"]);
      expect(await deviceOf(device.id)).toMatchObject({
        hasCredential: true,
        state: "unknown",
        preset: "any",
      });
      const answers = await Promise.all(
        ["/devices", "/devices/kept-secret", "/me"].map((path) => api("GET", path)),
      );
      expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain(device.password);
      expect(hub.log()).not.toContain(device.password);
    });

    test("that are wrong are refused, and the device that knocks is listed with the reason", async () => {
      const device = await addDevice(api, "Forgetful");
      const wrong = { ...device, password: "wrong" };
      expect(await refusalOf(wrong)).toBe(WRONG_CREDENTIALS);
      expect(await refusalOf(wrong)).toBe(WRONG_CREDENTIALS);
      expect(await knockOf(device.id)).toMatchObject({
        username: "forgetful",
        address: "127.0.0.1",
        reason: "wrong-password",
        count: 2,
      });
      expect(await refusalOf({ ...device, id: "nobody", username: "nobody" })).toBe(WRONG_CREDENTIALS);
      expect(await knockOf("nobody")).toMatchObject({ reason: "unknown-device", count: 1 });
      expect(await metric(api, 'millrace_broker_refused_total{reason="wrong-password"}')).toBe(2);
    });

    test("cut the old connection off when they are renewed, and the old ones are of no use", async () => {
      const device = await addDevice(api, "Renewed");
      const client = await connect(device);
      const closed = closeOf(client);
      const renewed = await api<DeviceCredentials>("POST", `/devices/${device.id}/credentials`);
      expect(renewed.status).toBe(201);
      expect(renewed.body.password).not.toBe(device.password);
      await closed;
      expect(await refusalOf(device)).toBe(WRONG_CREDENTIALS);
      expect((await connect(renewed.body)).connected).toBe(true);
    });

    test("end with the device: it is cut off and stays out", async () => {
      const device = await addDevice(api, "Removed");
      const client = await connect(device);
      const closed = closeOf(client);
      expect((await api("DELETE", `/devices/${device.id}`)).status).toBe(204);
      await closed;
      expect(await refusalOf(device)).toBe(WRONG_CREDENTIALS);
      expect(await api<ProblemDocument>("GET", `/devices/${device.id}`)).toMatchObject({
        status: 404,
        body: { code: "device.unknown" },
      });
    });

    test("hold over WebSocket too", async () => {
      const device = await addDevice(api, "Browser");
      const { username, password, id: clientId } = device;
      const url = `${hub.url.replace("http", "ws")}/mqtt`;
      const client = await connectAsync(url, { clientId, username, password, reconnectPeriod: 0 });
      clients.push(client);
      const heard = nextMessage(watcher, "over/websocket");
      await client.publishAsync("over/websocket", "hello", { qos: 2 });
      expect(await heard).toBe("hello");
      const options = { clientId: "other", username, password: "wrong", reconnectPeriod: 0 };
      await expect(connectAsync(url, options)).rejects.toMatchObject({ code: WRONG_CREDENTIALS });
    });
  });

  describe("the topics of a device of preset own", () => {
    let device: DeviceCredentials;
    let client: MqttClient;
    beforeAll(async () => {
      device = await addDevice(api, "Meter", "own");
      client = await connect(device);
    });

    test("are its own: there it is heard, and hears", async () => {
      expect(device.topics).toEqual(["devices/meter/#"]);
      await client.subscribeAsync("devices/meter/set", { qos: 1 });
      const [heard, told] = [
        nextMessage(watcher, "devices/meter/power"),
        nextMessage(client, "devices/meter/set"),
      ];
      await client.publishAsync("devices/meter/power", "42", { qos: 1 });
      await watcher.publishAsync("devices/meter/set", "on", { qos: 1 });
      expect([await heard, await told]).toEqual(["42", "on"]);
    });

    test("are no others: what it publishes there is acknowledged, dropped and counted", async () => {
      const series = 'millrace_broker_denied_total{action="publish"}';
      const before = await metric(api, series);
      const foreign: string[] = [];
      watcher.on("message", (topic) => foreign.push(topic));
      const sentinel = nextMessage(watcher, "devices/meter/end");
      await client.publishAsync("devices/lamp/set", "on", { qos: 1 });
      await client.publishAsync("devices/meter/end", "", { qos: 1 });
      await sentinel;
      expect(foreign).toEqual(["devices/meter/end"]);
      expect(await metric(api, series)).toBe(before + 1);
    });

    test("are no others: a subscription there is refused with 128", async () => {
      const grants = await new Promise((resolve) => {
        client.subscribe(["devices/#", "devices/meter/x"], { qos: 1 }, (_error, _granted, packet) =>
          resolve(packet?.granted),
        );
      });
      expect(grants).toEqual([128, 1]);
    });

    test("change at once with its preset", async () => {
      expect((await api("PATCH", "/devices/meter", { preset: "any" })).status).toBe(200);
      const heard = nextMessage(watcher, "elsewhere");
      await client.publishAsync("elsewhere", "now allowed", { qos: 1 });
      expect(await heard).toBe("now allowed");
    });

    test("bind its Last Will too", async () => {
      const own = await addDevice(api, "Willing", "own");
      const will = {
        topic: "devices/other/status",
        payload: Buffer.from("offline"),
        qos: 1,
        retain: true,
      } as const;
      expect(await refusalOf(own, { will })).toBe(NOT_ALLOWED);
      expect(await knockOf(own.id)).toMatchObject({ reason: "will-topic" });
    });
  });

  test("no device can take the client id of another one, whether that one is connected or not", async () => {
    const [first, second] = [await addDevice(api, "First"), await addDevice(api, "Second")];
    expect(await refusalOf({ ...second, id: first.id })).toBe(NOT_ALLOWED);
    const client = await connect(first);
    expect(await refusalOf({ ...second, id: first.id })).toBe(NOT_ALLOWED);
    expect(client.connected).toBe(true);
    expect(await knockOf(first.id)).toMatchObject({ username: "second", reason: "client-id-of-other-user" });
  });

  test("two of one name that are added at the same moment are two devices", async () => {
    const twins = await Promise.all([addDevice(api, "Twin"), addDevice(api, "Twin")]);
    expect(twins.map(({ id }) => id).toSorted()).toEqual(["twin", "twin-2"]);
    for (const twin of twins) expect((await connect(twin)).connected).toBe(true);
  });

  describe("presence", () => {
    async function withGrace(name: string, change: object = {}): Promise<DeviceCredentials> {
      const device = await addDevice(api, name);
      expect((await api("PATCH", `/devices/${device.id}`, { graceMs: GRACE_MS, ...change })).status).toBe(
        200,
      );
      return device;
    }

    test("is unknown, then online, then pending for the grace, then offline, with the reason", async () => {
      const device = await withGrace("Coming and going");
      expect(await deviceOf(device.id)).toMatchObject({ state: "unknown", lastSeenAt: null });
      const client = await connect(device);
      expect(await untilState(device.id, "online")).toMatchObject({ clientIds: [device.id], reason: "" });
      client.stream.destroy();
      expect(await untilState(device.id, "offline-pending")).toMatchObject({ reason: "socket" });
      const gone = await untilState(device.id, "offline");
      expect(gone).toMatchObject({ reason: "socket" });
      expect(gone.lastSeenAt).toBeLessThanOrEqual(gone.since ?? 0);
    });

    test("ends at once with an orderly good-bye where the device is set so", async () => {
      const device = await withGrace("Says good-bye", { onClean: "offline", graceMs: 60_000 });
      const client = await connect(device);
      await untilState(device.id, "online");
      await client.endAsync();
      expect(await untilState(device.id, "offline")).toMatchObject({ reason: "disconnect" });
    });

    test("sleeps where the device is set so", async () => {
      const device = await withGrace("Battery", { onClean: "sleeping" });
      const client = await connect(device);
      await untilState(device.id, "online");
      await client.endAsync();
      expect(await untilState(device.id, "sleeping")).toMatchObject({ reason: "disconnect" });
    });

    test("outlives a takeover: the device was never away, though its old will is told", async () => {
      const device = await withGrace("Takes over");
      const will = {
        topic: "wills/takes-over",
        payload: Buffer.from("gone"),
        qos: 1,
        retain: false,
      } as const;
      const wills: string[] = [];
      watcher.on("message", (topic, payload) => {
        if (topic === will.topic) wills.push(payload.toString());
      });
      const old = await connect(device, { will });
      const closed = closeOf(old);
      const since = (await untilState(device.id, "online")).since;
      await connect(device);
      await closed;
      expect(await deviceOf(device.id)).toMatchObject({ state: "online", since });
      expect(await metric(api, "millrace_broker_takeovers_total")).toBeGreaterThanOrEqual(1);
      // [MQTT-3.1.2-8]: the network connection closed without a DISCONNECT, so the will is due.
      await eventually(
        async () => wills,
        (told) => told.length === 1,
      );
    });

    test("a will is told when a socket dies, and not after a good-bye", async () => {
      const device = await withGrace("Has a will");
      const will = (payload: string) =>
        ({ topic: "wills/told", payload: Buffer.from(payload), qos: 1, retain: false }) as const;
      const polite = await connect(device, { will: will("polite") });
      await polite.endAsync();
      const heard = nextMessage(watcher, "wills/told");
      const dying = await connect(device, { will: will("dying") });
      dying.stream.destroy();
      expect(await heard).toBe("dying");
    });
  });

  test("the log holds no defect afterwards", () => {
    expect(hub.log()).not.toMatch(/"level":(50|60)/);
  });
});

function closeOf(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.once("close", () => resolve());
  });
}
