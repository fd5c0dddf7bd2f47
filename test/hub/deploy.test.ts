import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  CheckAnswer,
  DeployAnswer,
  FlowDetail,
  FlowSummary,
  FlowVersion,
  InjectAnswer,
  NotificationPage,
  Page,
  ProblemDocument,
  RunDetail,
  RunSummary,
  TemplateSummary,
  TestAnswer,
} from "../../server/api/contract.ts";
import { tellThrough, tooWarm, twoHalves } from "./flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  connectAs,
  deploy,
  eventually,
  nextMessage,
  removeFolder,
  runOf,
  signIn,
  startHub,
} from "./hubProcess.ts";

describe("deploying", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let client: MqttClient;

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
    client = await connectAs(await addDevice(api, "Bench"), hub);
    await client.subscribeAsync(["late/#", "mirror/#", "lamp/#"], { qos: 0 });
  });
  afterAll(async () => {
    await client.endAsync(true);
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
  });

  const detail = async (id: string) => (await api<FlowDetail>("GET", `/flows/${id}`)).body;
  const deployNow = (id: string) => api<DeployAnswer>("POST", `/flows/${id}/deploy`, { comment: "Again" });
  const versionsOf = async (id: string) =>
    (await api<Page<FlowVersion>>("GET", `/flows/${id}/versions`)).body.items;

  /** Creates and deploys a flow under an id of its own. */
  async function start<Document extends { readonly name: string }>(document: Document, name: string) {
    const id = await deploy(api, { ...document, name });
    return { id, document: { ...document, id, name } };
  }

  async function saveAs(id: string, document: object) {
    const { revision } = await detail(id);
    const saved = await api<FlowDetail>(
      "PUT",
      `/flows/${id}`,
      { ...document, id },
      { "if-match": `"${revision}"` },
    );
    expect(saved.status).toBe(200);
    return saved.body;
  }

  const send = (at: string, device: string | number = "a") =>
    client.publishAsync(`${at}/${device}`, "x", { qos: 1 });

  test("an imported document keeps its id where that is free, and gets a new one where it is not", async () => {
    const document = { millrace: 1, id: "boiler-watch", name: "Watch of the boiler", nodes: {}, wires: [] };
    const ids = async () => (await api<{ id: string }>("POST", "/flows", { document })).body.id;
    expect([await ids(), await ids()]).toEqual(["boiler-watch", "boiler-watch-2"]);
  });

  test("makes numbered versions that stay as they were", async () => {
    const { id, document } = await start(twoHalves("versions"), "Versions");
    await saveAs(id, { ...document, description: "Second" });
    expect(await detail(id)).toMatchObject({ changed: true, deployedVersion: 1 });
    expect((await deployNow(id)).body).toMatchObject({ version: 2, problems: [] });
    expect(await detail(id)).toMatchObject({ changed: false, deployedVersion: 2 });
    const versions = await versionsOf(id);
    expect(versions.map(({ version, comment, author }) => [version, comment, author])).toEqual([
      [2, "Again", "admin"],
      [1, "", "admin"],
    ]);
    expect(versions.map(({ document: { description } }) => description)).toEqual(["Second", undefined]);
  });

  test("keeps state and timers of nodes that did not change, and counts what it drops", async () => {
    const { id, document } = await start(twoHalves("keeps", { wait: "1200ms" }), "Keeps");
    await send("keeps");
    await saveAs(id, { ...twoHalves("keeps", { wait: "1200ms", marks: "b" }), name: document.name });
    expect((await deployNow(id)).body).toMatchObject({ version: 2, keptTimers: 1, droppedTimers: 0 });
    expect((await detail(id)).status).toMatchObject({ pendingTimers: 1 });
    // Armed by the first version, it passes through the second one.
    expect(await nextMessage(client, "late/keeps")).toBe("b");

    await send("keeps");
    await saveAs(id, { ...twoHalves("keeps", { wait: "2h", marks: "b" }), name: document.name });
    expect((await deployNow(id)).body).toMatchObject({ version: 3, keptTimers: 0, droppedTimers: 1 });
    expect((await detail(id)).status).toMatchObject({ pendingTimers: 0, nextTimerAt: null });
  });

  test("goes back to an earlier version as a new one, and leaves the draft alone", async () => {
    const { id, document } = await start(twoHalves("back", { marks: "first" }), "Back");
    await saveAs(id, { ...twoHalves("back", { marks: "second" }), name: document.name });
    await deployNow(id);
    const marked = async () => {
      const heard = nextMessage(client, "mirror/back");
      await send("back");
      return heard;
    };
    expect(await marked()).toBe("second");
    const back = await api<DeployAnswer>("POST", `/flows/${id}/rollback`, { version: 1, comment: "Undo" });
    expect(back).toMatchObject({ status: 200, body: { version: 3 } });
    expect(await marked()).toBe("first");
    expect(await detail(id)).toMatchObject({ deployedVersion: 3, changed: true });
    expect(JSON.stringify((await detail(id)).draft)).toContain('"second"');
    const none = await api<ProblemDocument>("POST", `/flows/${id}/rollback`, { version: 9 });
    expect(none).toMatchObject({ status: 404, body: { code: "flow.version-unknown" } });
  });

  test("is atomic: of a stream of messages each meets one whole version, none meets none", async () => {
    const { id, document } = await start(twoHalves("atomic", { marks: "old" }), "Atomic");
    await saveAs(id, { ...twoHalves("atomic", { marks: "new" }), name: document.name });
    const marks: string[] = [];
    const count = 400;
    const all = new Promise<void>((resolve) => {
      client.on("message", (topic, payload) => {
        if (topic !== "mirror/atomic") return;
        marks.push(payload.toString());
        if (marks.length === count) resolve();
      });
    });
    const publishing = Array.from({ length: count }, (_, device) => send("atomic", device));
    await Promise.all([deployNow(id), ...publishing]);
    await all;
    const switchedAt = marks.includes("new") ? marks.indexOf("new") : count;
    expect(marks.slice(0, switchedAt).every((mark) => mark === "old")).toBe(true);
    expect(marks.slice(switchedAt).every((mark) => mark === "new")).toBe(true);
    expect((await detail(id)).status).toMatchObject({ state: "running", runs: count, errors: 0 });
  });

  test("takes turns when two do it at the same moment: both get a version, no message is lost", async () => {
    const { id } = await start(twoHalves("turns"), "Turns");
    const [first, second, ...published] = await Promise.all([
      deployNow(id),
      deployNow(id),
      ...Array.from({ length: 20 }, () => send("turns")),
    ]);
    expect(published).toHaveLength(20);
    expect(new Set([first.body.version, second.body.version])).toEqual(new Set([2, 3]));
    expect((await detail(id)).status).toMatchObject({ runs: 20, pendingTimers: 20 });
  });

  test("takes turns with switching off and deleting, in whatever order they come", async () => {
    const { id } = await start(twoHalves("order"), "Order");
    const off = () => api("POST", `/flows/${id}/disable`);
    const answers = await Promise.all([
      deployNow(id),
      off(),
      deployNow(id),
      api("DELETE", `/flows/${id}`),
      off(),
    ]);
    for (const { status } of answers) expect([200, 204, 404]).toContain(status);
    expect((await api("GET", `/flows/${id}`)).status).toBe(404);
    const mirrored: string[] = [];
    client.on("message", (topic) => mirrored.push(topic));
    const sentinel = nextMessage(client, "mirror/versions");
    await send("order");
    await send("versions");
    await sentinel;
    expect(mirrored).not.toContain("mirror/order");
  });

  test("lets only one of two writers save who read the same revision", async () => {
    const { id, document } = await start(twoHalves("writers"), "Writers");
    const { revision } = await detail(id);
    const put = (description: string) =>
      api("PUT", `/flows/${id}`, { ...document, description }, { "if-match": `"${revision}"` });
    const answers = await Promise.all([put("A"), put("B")]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 412]));
    const kept = answers[0]?.status === 200 ? "A" : "B";
    expect(await detail(id)).toMatchObject({ description: kept, revision: revision + 1 });
  });

  test("makes two flows of one name that are created at the same moment", async () => {
    const create = () => api<FlowDetail>("POST", "/flows", { name: "Same name" });
    const flows = await Promise.all([create(), create()]);
    expect(flows.map(({ body }) => body.id).toSorted()).toEqual(["same-name", "same-name-2"]);
  });

  test("a flow that is switched off rests and keeps its timers; switched on it goes on", async () => {
    const { id } = await start(twoHalves("switch", { wait: "700ms" }), "Switch");
    await send("switch");
    const off = await api<FlowSummary>("POST", `/flows/${id}/disable`);
    expect(off.body).toMatchObject({ enabled: false, status: { state: "off" } });
    const runsBefore = (await api<Page<RunSummary>>("GET", `/flows/${id}/runs`)).body.items.length;
    await send("switch");
    expect((await api<Page<RunSummary>>("GET", `/flows/${id}/runs`)).body.items).toHaveLength(runsBefore);
    const late = nextMessage(client, "late/switch");
    const on = await api<FlowSummary>("POST", `/flows/${id}/enable`);
    expect(on.body).toMatchObject({ enabled: true, status: { state: "running" } });
    expect(await late).toBe("a");
  });

  test("a flow that is deleted is gone with its timers, versions and runs", async () => {
    const { id } = await start(twoHalves("deleted", { wait: "300ms", marks: "old" }), "Deleted");
    await send("deleted");
    const run = await runOf(api, id);
    expect((await api("DELETE", `/flows/${id}`)).status).toBe(204);
    const paths = [`/flows/${id}`, `/flows/${id}/versions`, `/flows/${id}/runs`];
    const answers = await Promise.all(paths.map((path) => api("GET", path)));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    // A flow of the same name begins without the memory of the old one, whose timer would fire first.
    const again = await start(twoHalves("deleted", { wait: "400ms", marks: "new" }), "Deleted");
    expect((await detail(again.id)).status).toMatchObject({ pendingTimers: 0, runs: 0 });
    await send("deleted");
    expect(await nextMessage(client, "late/deleted")).toBe("new");
    expect(run.flow).toBe(id);
  });

  test("reads retained values at once, as levels that are no news", async () => {
    await client.publishAsync("coldstore/attic/temperature", '{"celsius":9}', { qos: 1, retain: true });
    const { id } = await start(tooWarm(), "Retained");
    const first = await runOf(api, id, ({ trigger }) => trigger.endsWith("(retained)"));
    expect(first).toMatchObject({ trigger: "coldstore/attic/temperature (retained)", effects: 0 });
    expect(first.trace.map(({ node }) => node)).toEqual(["sensors", "limit"]);
    await client.publishAsync("coldstore/attic/temperature", '{"celsius":9.5}', { qos: 1 });
    const second = await runOf(api, id, ({ trigger }) => trigger === "coldstore/attic/temperature");
    expect(second.effects).toBe(0);
    const lit = nextMessage(client, "lamp/attic/set");
    await client.publishAsync("coldstore/attic/temperature", '{"celsius":4}', { qos: 1 });
    await client.publishAsync("coldstore/attic/temperature", '{"celsius":8}', { qos: 1 });
    expect(await lit).toBe("on");
    await client.publishAsync("coldstore/attic/temperature", "", { qos: 1, retain: true });
  });

  test("a button is pressed by hand, and its run shows what came of it", async () => {
    const id = await deploy(api, tellThrough("inbox"));
    const { status, body } = await api<InjectAnswer>("POST", `/flows/${id}/inject`, {
      node: "button",
      payload: { room: "hall" },
    });
    expect(status).toBe(200);
    const run = (await api<RunDetail>("GET", `/runs/${body.run}`)).body;
    expect(run).toMatchObject({ flow: id, version: 1, trigger: "by hand", outcome: "ok", effects: 1 });
    expect(run.trace[1]?.effects?.[0]).toMatchObject({
      effect: "notify",
      fields: { title: "hall is too warm" },
    });
    const notices = async () => (await api<NotificationPage>("GET", "/notifications")).body.items;
    const told = await eventually(notices, (all) => all.some(({ flow }) => flow === id));
    expect(told[0]).toMatchObject({ title: "hall is too warm", severity: "major", flow: id, run: body.run });
    const none = await api<ProblemDocument>("POST", `/flows/${id}/inject`, { node: "tell" });
    expect(none).toMatchObject({ status: 404, body: { code: "node.unknown" } });
  });

  test("runs are listed newest first, page by page, and by outcome", async () => {
    const { id } = await start(tooWarm(), "Pages");
    for (const celsius of [1, 2, 3, 4, 5])
      await client.publishAsync("coldstore/pages/temperature", JSON.stringify({ celsius }), { qos: 1 });
    await client.publishAsync("coldstore/pages/temperature", "{", { qos: 1 });
    const seen: RunSummary[] = [];
    for (let next: string | undefined = ""; next !== undefined;) {
      const cursor: string = next === "" ? "" : `&cursor=${next}`;
      const { body } = await api<Page<RunSummary>>("GET", `/flows/${id}/runs?limit=4${cursor}`);
      seen.push(...body.items);
      next = body.next;
    }
    expect(seen.map(({ outcome }) => outcome)).toEqual(["failed", "ok", "ok", "ok", "ok", "ok"]);
    expect(new Set(seen.map((run) => run.id)).size).toBe(6);
    const failed = await api<Page<RunSummary>>("GET", `/flows/${id}/runs?outcome=failed`);
    expect(failed.body.items.map((run) => run.id)).toEqual([seen[0]?.id]);
  });

  test("every template makes a flow that passes its own tests and is deployed without a problem", async () => {
    const { body } = await api<Page<TemplateSummary>>("GET", "/templates");
    expect(body.items.length).toBeGreaterThanOrEqual(8);
    for (const { id: template, name } of body.items) {
      const created = await api<FlowDetail>("POST", "/flows", { template });
      expect(created.body, template).toMatchObject({ name, problems: [], status: { state: "draft" } });
      const tested = await api<TestAnswer>("POST", "/flows/test", created.body.draft);
      expect(tested.body.problems).toEqual([]);
      expect(tested.body.items.length, template).toBeGreaterThan(0);
      expect(
        tested.body.items.filter(({ ok }) => !ok),
        template,
      ).toEqual([]);
      expect((await deployNow(created.body.id)).body).toMatchObject({ version: 1, problems: [] });
    }
    const twice = await api<FlowDetail>("POST", "/flows", { template: body.items[0]?.id, name: "Mine" });
    expect(twice.body).toMatchObject({ id: "mine", name: "Mine" });
    const none = await api<ProblemDocument>("POST", "/flows", { template: "none" });
    expect(none).toMatchObject({ status: 404, body: { code: "template.unknown" } });
  });

  test("a document is checked and tested without being kept", async () => {
    const before = (await api<Page<FlowSummary>>("GET", "/flows")).body.items.length;
    const wrong = { ...tooWarm(), wires: [{ from: "sensors", to: "nowhere" }] };
    const checked = await api<CheckAnswer>("POST", "/flows/check", wrong);
    expect(checked.body.problems).toContainEqual(
      expect.objectContaining({ code: "wire.dangling", severity: "error", path: "/wires/0/to" }),
    );
    const given = [{ at: "0s", topic: "coldstore/north/temperature", payload: { celsius: 7 } }];
    const expectations = [{ node: "lamp", effect: "publish", with: { topic: "lamp/south/set" } }];
    const tests = [{ name: "The wrong lamp", given, expect: expectations }];
    const tested = await api<TestAnswer>("POST", "/flows/test", { ...tooWarm(), tests });
    expect(tested.body.items).toMatchObject([{ name: "The wrong lamp", ok: false }]);
    expect(tested.body.items[0]?.differences.join(" ")).toContain("lamp/north/set");
    expect((await api<TestAnswer>("POST", "/flows/test", wrong)).body).toMatchObject({ items: [] });
    expect((await api<Page<FlowSummary>>("GET", "/flows")).body.items).toHaveLength(before);
  });

  test("the log holds no defect afterwards", () => {
    expect(hub.log()).not.toMatch(/"level":(50|60)/);
  });
});
