import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NOTIFICATIONS_MAX } from "./notifications.ts";
import { runLimits } from "./runs.ts";
import type { Channel, Device, Run, RunOutcome, Store } from "./store.ts";
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

describe("devices", () => {
  const device: Device = {
    id: "d1",
    name: "North",
    area: "Cold store",
    credentialHash: "h",
    clientIds: ["a", "b"],
    acl: { publish: ["devices/%c/#"] },
    simulated: true,
    presence: null,
    createdAt: 1,
    lastSeenAt: null,
  };

  it("are there again after a restart; a change keeps what presence knows", async () => {
    await store.devices.put(device);
    await store.devices.put({ ...device, id: "d2", area: null, credentialHash: null });
    await store.devices.putPresence([
      { id: "d1", presence: { online: true }, lastSeenAt: 9 },
      { id: "unknown", presence: {}, lastSeenAt: 9 },
    ]);
    await store.devices.put({ ...device, name: "Renamed", presence: { online: false }, lastSeenAt: 1 });
    expect(await store.devices.remove("d2")).toBe(true);
    expect(await store.devices.remove("d2")).toBe(false);
    store = await place.reopen(store);
    const expected = { ...device, name: "Renamed", presence: { online: true }, lastSeenAt: 9 };
    expect(store.devices.all()).toEqual([expected]);
    expect(store.devices.get("d1")).toEqual(expected);
    expect(store.devices.get("d2")).toBeUndefined();
  });
});

describe("channels", () => {
  it("are there again after a restart", async () => {
    const channel: Channel = {
      id: "mail",
      kind: "email",
      name: "Mail",
      config: { host: "mail.example" },
      secrets: store.vault.seal("hunter2", "channels/mail/secrets"),
      createdAt: 1,
    };
    await store.channels.put({ ...channel, name: "Old" });
    await store.channels.put(channel);
    store = await place.reopen(store);
    expect(store.channels.all()).toEqual([channel]);
    expect(store.vault.open(store.channels.get("mail")?.secrets ?? "", "channels/mail/secrets")).toBe(
      "hunter2",
    );
    expect(await store.channels.remove("mail")).toBe(true);
    expect(await store.channels.remove("mail")).toBe(false);
  });
});

describe("notifications", () => {
  it("are there again after a restart, newest first, read or not", async () => {
    await Promise.all(["a", "b", "c", "b"].map((id) => store.notifications.add(notice(id))));
    expect(store.notifications.unread()).toBe(3);
    place.clock.now = 50;
    expect(await store.notifications.markRead("b")).toBe(true);
    expect(await store.notifications.markRead("none")).toBe(false);
    store = await place.reopen(store);
    const first = store.notifications.list({ limit: 2 });
    expect(first.items.map(({ id, readAt }) => [id, readAt])).toEqual([
      ["c", null],
      ["b", 50],
    ]);
    expect(store.notifications.list({ cursor: first.nextCursor }).items).toEqual([
      { ...notice("a"), readAt: null },
    ]);
    place.clock.now = 60;
    expect(await store.notifications.markRead("all")).toBe(true);
    expect(store.notifications.unread()).toBe(0);
    expect(store.notifications.list({}).items.map(({ readAt }) => readAt)).toEqual([60, 50, 60]);
  });

  it("are bounded: beyond the limit the oldest go, counted", async () => {
    // Four statements each: as many at once as the writer's queue takes.
    await addMany(0, NOTIFICATIONS_MAX / 2);
    await addMany(NOTIFICATIONS_MAX / 2, NOTIFICATIONS_MAX);
    expect(store.notifications.unread()).toBe(NOTIFICATIONS_MAX);
    await store.notifications.add(notice("one more"));
    expect(store.notifications.unread()).toBe(NOTIFICATIONS_MAX);
    expect(await store.notifications.markRead("n0")).toBe(false);
    expect(await store.notifications.markRead("n1")).toBe(true);
    expect(store.counters.all()).toMatchObject({
      "notifications.dropped": 1,
      "notifications.kept": NOTIFICATIONS_MAX,
    });
  });
});

describe("runs", () => {
  it("are there again after a restart, newest first, by flow and outcome", async () => {
    await store.runs.append([run(1), run(2, "failed"), run(3, "ok", "other"), run(4, "stopped"), run(1)]);
    store = await place.reopen(store);
    const { trace: _trace, ...summary } = run(4, "stopped");
    const first = store.runs.list({ flow: "f", limit: 1 });
    expect(first.items).toEqual([summary]);
    expect(store.runs.list({ flow: "f", cursor: first.nextCursor }).items.map(({ at }) => at)).toEqual([
      2, 1,
    ]);
    expect(store.runs.list({ flow: "f", outcome: "failed" }).items.map(({ at }) => at)).toEqual([2]);
    expect(store.runs.get("f2")).toEqual(run(2, "failed"));
    expect(store.runs.get("none")).toBeUndefined();
    await store.runs.removeFlow("f");
    expect(store.runs.get("f2")).toBeUndefined();
  });

  it("are bounded by flow: the newest stay, and failures longer", async () => {
    const { perFlow, failuresPerFlow } = runLimits;
    await store.runs.append([run(0, "ok", "quiet")]);
    await store.runs.append(Array.from({ length: failuresPerFlow + 1 }, (_, id) => run(id, "failed")));
    await store.runs.append(Array.from({ length: perFlow + 1 }, (_, id) => run(10_000 + id)));
    await store.runs.prune();
    expect(store.runs.get("f10000")).toBeUndefined();
    expect(store.runs.get("f10001")).toBeDefined();
    expect(store.runs.get("f0")).toBeUndefined();
    expect(store.runs.get("f1")).toBeDefined();
    expect(store.runs.get("quiet0")).toBeDefined();
  });

  it("are pruned without being asked", async () => {
    const { perFlow, pruneEvery } = runLimits;
    const ids = Array.from({ length: perFlow + pruneEvery }, (_, id) => id);
    await Promise.all(ids.map((id) => store.runs.append([run(id)])));
    expect(store.runs.get("f0")).toBeUndefined();
    expect(store.runs.get(`f${pruneEvery}`)).toBeDefined();
  });
});

function notice(id: string) {
  return {
    id,
    at: 1,
    severity: "info",
    title: id,
    text: "",
    flow: null,
    node: null,
    run: null,
  };
}

function run(id: number, outcome: RunOutcome = "ok", flow = "f"): Run {
  return {
    id: `${flow}${id}`,
    flow,
    version: 1,
    at: id,
    durationMs: 0.25,
    trigger: "a/b",
    outcome,
    effects: 2,
    error: outcome === "failed" ? "no" : null,
    trace: "[]",
  };
}

async function addMany(from: number, to: number): Promise<void> {
  const ids = Array.from({ length: to - from }, (_, index) => `n${from + index}`);
  await Promise.all(ids.map((id) => store.notifications.add(notice(id))));
}
