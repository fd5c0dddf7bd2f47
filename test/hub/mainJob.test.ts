import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  DeviceSummary,
  NotificationPage,
  Page,
  RunDetail,
  RunSummary,
} from "../../server/api/contract.ts";
import { deviceOffline, tooWarm } from "./flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  connectAs,
  deploy,
  eventually,
  nextMessage,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";

const GRACE_MS = 1_500;

describe("a hub with real devices", () => {
  let hub: HubProcess;
  let api: ApiClient;
  const clients: MqttClient[] = [];

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.endAsync(true)));
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
  });

  const notices = async () => (await api<NotificationPage>("GET", "/notifications")).body.items;
  const noticesTitled = async (title: string) => (await notices()).filter((notice) => notice.title === title);

  test("republishes a warm reading and puts a notice into the inbox, and the run says why", async () => {
    await deploy(api, tooWarm());
    const lamp = await connectAs(await addDevice(api, "Lamp"), hub);
    const sensor = await connectAs(await addDevice(api, "Sensor"), hub, {
      will: { topic: "coldstore/north/status", payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    clients.push(lamp, sensor);
    await lamp.subscribeAsync("lamp/+/set", { qos: 1 });
    const lit = nextMessage(lamp, "lamp/north/set");
    await sensor.publishAsync("coldstore/north/temperature", JSON.stringify({ celsius: 7.9 }), { qos: 1 });
    expect(await lit).toBe("on");
    const [notice] = await eventually(notices, (all) => all.length > 0);
    expect(notice).toMatchObject({
      title: "north is too warm",
      text: "7.9 °C",
      severity: "warning",
      flow: "too-warm",
      readAt: null,
    });
    const runs = await api<Page<RunSummary>>("GET", "/flows/too-warm/runs");
    const run = await api<RunDetail>(
      "GET",
      `/runs/${runs.body.items.find(({ effects }) => effects === 2)?.id}`,
    );
    expect(run.body.trace.map(({ node }) => node)).toEqual(["sensors", "limit", "lamp", "tell"]);
    expect(run.body.trace[1]?.why).toContain("7.9");
  });

  test("tells of a device whose socket died, after its grace, and not of one that comes back within it", async () => {
    const device = await addDevice(api, "Pump 1");
    await deploy(api, deviceOffline(device.id));
    expect((await api("PATCH", `/devices/${device.id}`, { graceMs: GRACE_MS })).status).toBe(200);
    const stateOf = async () => (await api<DeviceSummary>("GET", `/devices/${device.id}`)).body.state;

    const blinking = await connectAs(device, hub);
    await eventually(stateOf, (state) => state === "online");
    blinking.stream.destroy();
    await eventually(stateOf, (state) => state === "offline-pending");
    const dying = await connectAs(device, hub);
    await eventually(stateOf, (state) => state === "online");
    // Longer than the grace: had the first loss been told, it would be here now.
    await new Promise((resolve) => setTimeout(resolve, GRACE_MS + 300));
    expect(await noticesTitled("Pump 1 is offline")).toEqual([]);

    const diedAt = Date.now();
    dying.stream.destroy();
    const [notice] = await eventually(
      () => noticesTitled("Pump 1 is offline"),
      (found) => found.length > 0,
    );
    expect(notice?.text).toBe("socket");
    expect((notice?.at ?? 0) - diedAt).toBeGreaterThanOrEqual(GRACE_MS - 50);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await noticesTitled("Pump 1 is offline")).toHaveLength(1);
  });

  test("stays quiet about its work: no errors in the log", () => {
    const errors = hub
      .log()
      .split("\n")
      .filter((line) => /"level":(50|60)/.test(line));
    expect(errors).toEqual([]);
  });
});
