import { afterEach, describe, expect, test } from "vitest";
import type {
  FlowSummary,
  NotificationPage,
  Page,
  RunDetail,
  RunSummary,
} from "../../server/api/contract.ts";
import { tooWarm } from "./flows.ts";
import {
  type HubProcess,
  addDevice,
  connectAs,
  deploy,
  eventually,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";

describe("a hub that is killed", () => {
  const hubs: HubProcess[] = [];
  afterEach(async () => {
    await Promise.all(hubs.map((hub) => hub.stop("SIGKILL")));
    for (const { folder } of hubs.splice(0)) removeFolder(folder);
  });

  test("while a threshold waits fires it once after the next reading, marked late", async () => {
    const first = await startHub();
    hubs.push(first);
    const api = await signIn(first);
    await deploy(api, tooWarm("2s"));
    const device = await addDevice(api, "Sensor");
    const before = await connectAs(device, first);
    await before.publishAsync("coldstore/north/temperature", `{"celsius":8}`, { qos: 1 });
    const flow = async () => (await api<FlowSummary>("GET", "/flows/too-warm")).body;
    await eventually(flow, ({ status }) => status.pendingTimers === 1);
    // The store writes in order: once this change is on disk, so is the deadline.
    expect((await api("PATCH", `/devices/${device.id}`, { area: "North" })).status).toBe(200);
    await first.stop("SIGKILL");
    before.end(true);
    await new Promise((resolve) => setTimeout(resolve, 2_100));

    const second = await startHub({ folder: first.folder });
    hubs.push(second);
    const again = await signIn(second);
    const notices = async () => (await again<NotificationPage>("GET", "/notifications")).body.items;
    expect(await notices()).toEqual([]);
    const back = await connectAs(device, second);
    await back.publishAsync("coldstore/north/temperature", `{"celsius":8.5}`, { qos: 1 });
    await back.publishAsync("coldstore/north/temperature", `{"celsius":8.6}`, { qos: 1 });
    const told = await eventually(notices, (all) => all.length > 0);
    expect(told).toMatchObject([{ title: "north is too warm", text: "8.5 °C" }]);
    const runs = await again<Page<RunSummary>>("GET", "/flows/too-warm/runs");
    const details = await Promise.all(
      runs.body.items.map(({ id }) => again<RunDetail>("GET", `/runs/${id}`)),
    );
    const late = details.flatMap(({ body }) => body.trace).filter((step) => step.late !== undefined);
    expect(late).toMatchObject([{ node: "limit", late: { by: expect.any(Number) as unknown } }]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await notices()).toHaveLength(1);
    await back.endAsync(true);
  });
});
