import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { FlowDetail, FlowSummary, Health, NotificationPage, Page } from "../../server/api/contract.ts";
import { republish, tellThrough } from "./flows.ts";
import {
  type Answer,
  type ApiClient,
  type HubProcess,
  addDevice,
  anonymous,
  connectAs,
  deploy,
  eventually,
  nextMessage,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";
import { tinyDisk } from "./tinyDisk.ts";

/** Room for the databases and their journals. */
const DISK_MIB = 12;
/** A second, and what a busy machine adds. */
const SEEN_MAX_MS = 1_500;
const STOP_MAX_MS = 5_000;

const disk = tinyDisk(DISK_MIB);
const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;
if ((disk === undefined || !hasPrlimit) && process.env["MILLRACE_REQUIRE_TOOLS"] === "1")
  throw new Error("No disk can be made to fail here: unshare, mount or prlimit are missing or not allowed.");

const press = (api: ApiClient) => api("POST", "/flows/tell-inbox/inject", { node: "button" });
const health = (ask: ApiClient) => ask<Health>("GET", "/readyz");

describe.skipIf(disk === undefined)(
  `a hub whose disk is full${disk === undefined ? " (skipped: no small disk can be mounted here)" : ""}`,
  () => {
    let hub: HubProcess;
    let api: ApiClient;
    let client: MqttClient;
    let waiting: Promise<Answer<FlowDetail>>;
    let hasAnswered = false;

    beforeAll(async () => {
      hub = await startHub({ through: disk!.through });
      api = await signIn(hub);
      client = await connectAs(await addDevice(api, "Sensor"), hub);
      await client.subscribeAsync("out", { qos: 0 });
      await deploy(api, republish("in", "out"));
      await deploy(api, tellThrough("inbox"));
    });
    afterAll(async () => {
      await client.endAsync(true);
      await hub.stop("SIGKILL");
      removeFolder(hub.folder);
    });

    const notices = async () => (await api<NotificationPage>("GET", "/notifications")).body.items;

    test("says so within a second, with a sentence for those who are signed in", async () => {
      expect((await health(api)).status).toBe(200);
      disk!.fill(hub);
      await press(api);
      const { body } = await eventually(
        () => health(api),
        ({ status }) => status === 503,
        SEEN_MAX_MS,
      );
      expect(body.reasons).toEqual([expect.stringMatching(/^The hub's database .* disk is full; .*\.$/)]);
      expect((await health(anonymous(hub.url))).body.reasons).toEqual([]);
      expect((await anonymous(hub.url)("GET", "/healthz")).status).toBe(200);
    });

    test("keeps answering what it knows, and lets what must be written wait", async () => {
      waiting = api<FlowDetail>("POST", "/flows", { name: "Made while it was full" });
      void waiting.then(() => (hasAnswered = true));
      const flows = await api<Page<FlowSummary>>("GET", "/flows");
      expect(flows.body.items.map(({ status }) => status.state)).toEqual(["running", "running"]);
      expect(await notices()).toEqual([]);
    });

    test("keeps flows going that pass live values on", async () => {
      for (let value = 0; value < 50; value++) {
        const out = nextMessage(client, "out");
        await client.publishAsync("in", String(value), { qos: 0 });
        expect(await out).toBe(String(value));
      }
      expect(hasAnswered).toBe(false);
      expect((await health(api)).status).toBe(503);
    });

    test("goes on by itself once there is room, and carries out everything that waited, once", async () => {
      disk!.clear(hub);
      await eventually(
        () => health(api),
        ({ status }) => status === 200,
      );
      expect((await waiting).status).toBe(201);
      const told = await eventually(notices, (all) => all.length > 0);
      expect(told).toMatchObject([{ title: "north is too warm", flow: "tell-inbox" }]);
      expect((await api("DELETE", "/flows/made-while-it-was-full")).status).toBe(204);
      await press(api);
      await eventually(notices, (all) => all.length === 2);
    });

    test("ends as soon as ever when it is told to, and says what it could not write", async () => {
      disk!.fill(hub);
      await press(api);
      await eventually(
        () => health(api),
        ({ status }) => status === 503,
      );
      const startedAt = performance.now();
      expect(await hub.stop()).toBe(1);
      expect(performance.now() - startedAt).toBeLessThan(STOP_MAX_MS);
      expect(hub.log()).toContain("could not be written to disk, so its actions were not carried out");
      expect(hub.log()).not.toMatch(/"level":60/);
    });
  },
);

test.skipIf(!hasPrlimit)(
  `a hub whose disk breaks ends with 74, and starts again with all that it had acknowledged${hasPrlimit ? "" : " (skipped: there is no prlimit here)"}`,
  async () => {
    const hub = await startHub();
    onTestFinished(() => removeFolder(hub.folder));
    const api = await signIn(hub);
    await deploy(api, tellThrough("inbox"));
    const written = statSync(join(hub.folder, "hub.db-wal")).size;
    // Writing beyond the limit fails, and not with the error of a full disk.
    const limited = spawnSync("prlimit", ["--pid", String(hub.pid), `--fsize=${written}`]);
    expect(limited.status, String(limited.stderr)).toBe(0);
    const pressed = press(api).catch(() => undefined);
    await eventually(
      async () => hub.log(),
      (log) => log.includes("cannot be written"),
    );
    expect(await hub.stop("SIGCONT")).toBe(74);
    await pressed;

    const next = await startHub({ folder: hub.folder });
    const again = await signIn(next);
    expect((await again<FlowSummary>("GET", "/flows/tell-inbox")).body).toMatchObject({ deployedVersion: 1 });
    expect((await health(again)).status).toBe(200);
    expect(await next.stop()).toBe(0);
  },
);
