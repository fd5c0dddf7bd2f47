import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClientDetail, ClientSummary, Page, PacketTrace, TracedPacket } from "./api/contract.ts";
import { createTestApi, type TestApi } from "./api/testing/testApi.ts";
import { startTestBroker, type TestBroker } from "./broker/testing/testBroker.ts";
import { publishPacket } from "./broker/testing/rawClient.ts";
import { clientsPart, tracesPart } from "./clientsPart.ts";
import type { Audit } from "./audit.ts";

let hub: TestBroker;
let api: TestApi;
let audited: string[];

beforeEach(async () => {
  audited = [];
  hub = await startTestBroker({ limits: { queueMessages: 10 } });
  const audit: Audit = async (by, action, target, act) => {
    const done = await act();
    if (done !== false) audited.push(`${by.user.name} ${action} ${target}`);
    return done;
  };
  const wiring = { broker: hub.broker, devices: { get: () => undefined } };
  api = createTestApi({ parts: { clients: clientsPart(wiring, audit), traces: tracesPart(wiring, audit) } });
});
afterEach(() => hub.stop());

async function list(query = ""): Promise<readonly ClientSummary[]> {
  const answer = await api.send("viewer", { url: `/api/v1/clients${query}` });
  return answer.json<Page<ClientSummary>>().items;
}

const idsOf = (clients: readonly ClientSummary[]) => clients.map(({ id }) => id);

async function sleeper(id: string, queued: number): Promise<void> {
  const client = hub.raw({ clientId: id, clean: false });
  await client.subscribe(`to/${id}`, 1);
  client.send({ cmd: "disconnect" });
  await hub.change((change) => change.clientId === id && !change.up);
  for (let index = 0; index < queued; index++)
    void hub.broker.publish({ topic: `to/${id}`, payload: "x", qos: 1, retain: false });
}

describe("B42: the list of clients", () => {
  test("holds those who are there and those whose session waits, by text, state and order", async () => {
    await hub.connect({ clientId: "b-online" });
    await sleeper("a-away", 0);
    await sleeper("c-waiting", 3);
    expect(idsOf(await list())).toEqual(["a-away", "b-online", "c-waiting"]);
    expect(idsOf(await list("?state=online"))).toEqual(["b-online"]);
    expect(idsOf(await list("?state=offline"))).toEqual(["a-away", "c-waiting"]);
    expect(idsOf(await list("?search=WAIT"))).toEqual(["c-waiting"]);
    expect(idsOf(await list("?search=127.0.0.1"))).toEqual(["b-online"]);
    expect(idsOf(await list("?sort=queue"))).toEqual(["c-waiting", "a-away", "b-online"]);
    expect(idsOf(await list("?sort=connected"))).toEqual(["b-online", "a-away", "c-waiting"]);
    expect((await list("?search=waiting"))[0]).toMatchObject({
      online: false,
      address: null,
      queued: 3,
      lastEnd: { cause: "disconnect" },
      subscriptions: 1,
    });
    expect((await api.send("viewer", { url: "/api/v1/clients?sort=name" })).statusCode).toBe(400);
  });

  test("pages by cursor in every order", async () => {
    await Promise.all(Array.from({ length: 7 }, (_, index) => hub.connect({ clientId: `c${index}` })));
    for (const sort of ["id", "queue", "connected"]) {
      const seen: string[] = [];
      for (let cursor: string | undefined = ""; cursor !== undefined;) {
        const url = `/api/v1/clients?sort=${sort}&limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`;
        // oxlint-disable-next-line no-await-in-loop -- each page names the next one
        const page: Page<ClientSummary> = (await api.send("viewer", { url })).json();
        seen.push(...idsOf(page.items));
        cursor = page.next;
      }
      expect(seen.toSorted(), sort).toEqual(["c0", "c1", "c2", "c3", "c4", "c5", "c6"]);
    }
  });
});

describe("B42: one client", () => {
  test("with its connection, will, subscriptions and troubles", async () => {
    hub.rules.set("pump", [{ effect: "allow", action: "both", filter: "pump/#" }]);
    const client = hub.raw({
      clientId: "pump-1",
      username: "pump",
      keepalive: 60,
      will: { topic: "pump/state", payload: "gone", qos: 1, retain: true },
    });
    await client.subscribe("pump/in", 2);
    await client.subscribe("other/in");
    const answer = await api.send("viewer", { url: "/api/v1/clients/pump-1" });
    expect(answer.json<ClientDetail>()).toMatchObject({
      id: "pump-1",
      user: "pump",
      device: null,
      online: true,
      address: "127.0.0.1",
      protocol: "MQTT 3.1.1",
      transport: "tcp",
      tls: null,
      keepAliveS: 60,
      persistent: false,
      lastEnd: null,
      will: { topic: "pump/state", qos: 1, retain: true, bytes: 4 },
      filters: [{ filter: "pump/in", qos: 2 }],
      troubles: [{ what: "subscribe-denied", detail: "other/in" }],
      sendWindow: 64,
    });
    expect(answer.body).not.toContain("secret");
    expect(answer.body).not.toContain("gone");
  });

  test("over WebSocket", async () => {
    const port = Number(new URL(hub.webSocketUrl).port);
    await hub.connect({ clientId: "page", protocol: "ws", path: "/mqtt", port });
    const { transport, tls } = (
      await api.send("viewer", { url: "/api/v1/clients/page" })
    ).json<ClientDetail>();
    expect({ transport, tls }).toEqual({ transport: "websocket", tls: null });
  });

  test.for([
    "a/b",
    "__proto__",
    "constructor",
    "%",
    "%2F",
    "😀",
    "a b?c#d&e=f",
    "…/../x",
    "traces",
    '"quoted\\"',
  ])("an id may be any text: %s", async (id) => {
    const client = hub.raw({ clientId: id });
    await client.next("connack");
    const url = `/api/v1/clients/${encodeURIComponent(id)}`;
    expect((await api.send("viewer", { url })).json<ClientDetail>()).toMatchObject({ id, online: true });
    expect(idsOf(await list(`?search=${encodeURIComponent(id)}`))).toEqual([id]);
    const kick = await api.send("operator", { method: "POST", url: `${url}/disconnect` });
    expect(kick.statusCode).toBe(204);
    await client.closed;
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: id, cause: "kicked" });
    expect(audited).toEqual([`operator clients.disconnect ${id}`]);
    expect((await api.send("viewer", { url })).json()).toMatchObject({ code: "client.unknown" });
  });

  test("is disconnected by operators, and its queue is cleared by administrators; both are audited", async () => {
    await sleeper("c", 4);
    const ask = (role: string, act: string) =>
      api.send(role, { method: "POST", url: `/api/v1/clients/c/${act}` });
    expect((await ask("viewer", "disconnect")).statusCode).toBe(403);
    expect((await ask("editor", "clear-queue")).statusCode).toBe(403);
    const offline = await ask("operator", "disconnect");
    expect([offline.statusCode, offline.json<object>()]).toMatchObject([409, { code: "client.offline" }]);
    expect((await ask("admin", "clear-queue")).json()).toEqual({ dropped: 4 });
    expect((await list())[0]).toMatchObject({ queued: 0, queuedSince: null, dropped: 4 });
    const nobody = await api.send("admin", { method: "POST", url: "/api/v1/clients/x/clear-queue" });
    expect(nobody.statusCode).toBe(404);
    expect(audited).toEqual(["admin clients.clear-queue c"]);
  });
});

describe("B42: traces", () => {
  const start = (payload: object) => api.send("admin", { method: "POST", url: "/api/v1/traces", payload });

  test("show what passes, page by page, until they are removed", async () => {
    const client = hub.raw({ clientId: "c" });
    await client.next("connack");
    const answer = await start({ client: "c", minutes: 30 });
    const trace = answer.json<PacketTrace>();
    expect(answer.statusCode).toBe(201);
    expect(trace).toMatchObject({ client: "c", filter: null, running: true });
    expect(trace.endsAt - trace.startedAt).toBe(30 * 60_000);
    client.send(publishPacket("t", "hidden", { qos: 1, messageId: 1 }), { cmd: "pingreq" });
    await client.next("pingresp");
    const url = String(answer.headers["location"]);
    const first = (await api.send("admin", { url: `${url}?limit=3` })).json<Page<TracedPacket>>();
    const second = (await api.send("admin", { url: `${url}?limit=3&cursor=${first.next}` })).json<
      Page<TracedPacket>
    >();
    const all = [...first.items, ...second.items];
    expect(all.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(all.map(({ type }) => type).toSorted()).toEqual(["pingreq", "pingresp", "puback", "publish"]);
    expect(JSON.stringify(all)).not.toContain("hidden");
    const removed = await api.send("admin", { method: "DELETE", url: `/api/v1/traces/${trace.id}` });
    expect(removed.statusCode).toBe(204);
    expect((await api.send("admin", { url })).json()).toMatchObject({ code: "trace.unknown" });
    expect(audited).toEqual(["admin traces.start c", `admin traces.remove ${trace.id}`]);
  });

  test.for([
    [{}, 422, "trace.invalid"],
    [{ client: "c", filter: "t" }, 422, "trace.invalid"],
    [{ filter: "a/#/b" }, 422, "topic.filter"],
    [{ client: "c", minutes: 31 }, 400, "request.invalid"],
    [{ client: "c", minutes: 0 }, 400, "request.invalid"],
  ] as const)("a request %j is refused", async ([payload, status, code]) => {
    const answer = await start(payload);
    expect([answer.statusCode, answer.json<object>()]).toMatchObject([status, { code }]);
  });

  test("a fourth one at the same time is refused", async () => {
    await Promise.all([start({ client: "a" }), start({ client: "b" }), start({ filter: "#" })]);
    expect((await start({ client: "d" })).json()).toMatchObject({ code: "trace.too-many" });
    expect((await api.send("editor", { url: "/api/v1/traces" })).statusCode).toBe(403);
    const { items } = (await api.send("admin", { url: "/api/v1/traces" })).json<Page<PacketTrace>>();
    expect(items).toHaveLength(3);
  });
});
