import { connect } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AclRule, Knock } from "./broker.ts";
import { publishPacket } from "./testing/rawClient.ts";
import { everything, happened, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

let hub: TestBroker;
beforeEach(async () => {
  hub = await startTestBroker();
});
afterEach(() => hub.stop());

const own: readonly AclRule[] = [
  { effect: "allow", action: "both", filter: "devices/%c/#" },
  { effect: "deny", action: "both", filter: "devices/+/secret/#" },
];
const pump = { username: "pump", password: "secret", clientId: "pump" } as const;

describe("log-in", () => {
  test.for([
    ["an unknown user", { username: "stranger", password: "secret" }, 4, "unknown-device"],
    ["a wrong token", { username: "pump", password: "guess" }, 4, "wrong-token"],
    ["nobody, when anonymous access is off", {}, 4, "unknown-device"],
  ] as const)(
    "%s is refused, counted, and told to the list of knocks",
    async ([, credentials, code, reason]) => {
      hub.rules.set("pump", own);
      hub.rules.delete(undefined);
      const knocks: Knock[] = [];
      hub.broker.onRefusal((knock) => knocks.push(knock));
      await expect(hub.connect({ ...credentials, clientId: "pump" })).rejects.toMatchObject({ code });
      expect(knocks).toMatchObject([{ clientId: "pump", address: "127.0.0.1", reason }]);
      expect(hub.broker.stats().refused[reason]).toBe(1);
      expect(hub.broker.clients()).toEqual([]);
      expect(hub.changes).toEqual([]);
    },
  );

  test("a check that fails refuses with 3 and is logged", async () => {
    await hub.stop();
    hub = await startTestBroker({
      access: { authenticate: () => Promise.reject(new Error("store is gone")), current: () => undefined },
    });
    await expect(hub.connect()).rejects.toMatchObject({ code: 3 });
    expect(hub.logged).toContainEqual(
      expect.objectContaining({ text: "The broker could not finish an operation." }),
    );
  });

  test("a client id that is a pattern is refused when a rule uses it", async () => {
    hub.rules.set("pump", own);
    await expect(hub.connect({ ...pump, clientId: "+" })).rejects.toMatchObject({ code: 5 });
    await expect(hub.connect({ ...pump, clientId: "a/b" })).rejects.toMatchObject({ code: 5 });
    expect(hub.broker.stats().refused["name-in-rule"]).toBe(2);
  });

  test("a client id of 128 bytes is accepted, one of 129 is refused", async () => {
    await hub.connect({ clientId: "x".repeat(128) });
    await expect(hub.connect({ clientId: "x".repeat(129) })).rejects.toMatchObject({ code: 2 });
  });

  test("only its own user may take over a client id, also while it is away", async () => {
    hub.rules.set("pump", everything);
    hub.rules.set("other", everything);
    const first = await hub.connect({ ...pump, clean: false });
    await expect(hub.connect({ ...pump, username: "other" })).rejects.toMatchObject({ code: 5 });
    await first.endAsync();
    await hub.change(({ up }) => !up);
    await expect(hub.connect({ ...pump, username: "other" })).rejects.toMatchObject({ code: 5 });
    await hub.connect({ ...pump, clean: false });
  });

  test("of two users who ask for one new client id at the same moment, one gets it and keeps it", async () => {
    hub.rules.set("pump", everything);
    hub.rules.set("other", everything);
    const both = await Promise.allSettled([hub.connect(pump), hub.connect({ ...pump, username: "other" })]);
    expect(both.map(({ status }) => status).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "fulfilled",
      "rejected",
    ]);
    expect(hub.broker.stats()).toMatchObject({ takeovers: 0, sessionsOnline: 1 });
    expect(hub.broker.stats().refused["client-id-taken"]).toBe(1);
  });

  test("a user with listed client ids gets no other", async () => {
    await hub.stop();
    const identity = { user: "u", rules: everything, clientIds: ["pump", "cell-*"] };
    hub = await startTestBroker({
      access: { authenticate: async () => identity, current: () => identity },
    });
    await hub.connect({ clientId: "pump" });
    await hub.connect({ clientId: "cell-7" });
    await expect(hub.connect({ clientId: "pump2" })).rejects.toMatchObject({ code: 5 });
  });
});

describe("rules", () => {
  test("a refused publish is acknowledged, dropped and counted; the connection stays", async () => {
    hub.rules.set("pump", own);
    const client = await hub.connect(pump);
    await client.publishAsync("devices/other/t", "1", { qos: 1 });
    await client.publishAsync("devices/pump/secret/key", "1", { qos: 2 });
    await client.publishAsync("devices/other/t", "1", { qos: 1, retain: true });
    await client.publishAsync("devices/pump/t", "1", { qos: 1 });
    expect(hub.arrivals.map(({ topic }) => topic)).toEqual(["devices/pump/t"]);
    expect(hub.arrivals[0]).toMatchObject({ user: "pump" });
    expect(hub.broker.stats().denied.publish).toBe(3);
    expect(hub.broker.stats().retainedCount).toBe(0);
    expect(hub.logged.filter(({ text }) => text === "A publish was refused.")).toHaveLength(1);
  });

  test("denied filters get 0x80 beside granted ones and are never stored, also in a kept session", async () => {
    hub.rules.set("pump", own);
    const client = hub.raw({ clientId: "pump", username: "pump", clean: false });
    await client.next("connack");
    client.send({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: [
        { topic: "devices/pump/t", qos: 1 },
        { topic: "#", qos: 1 },
        { topic: "devices/pump/#", qos: 1 },
        { topic: "devices/+/t", qos: 0 },
        { topic: "$share/g/devices/other/t", qos: 0 },
      ],
    });
    expect((await client.next("suback")).granted).toEqual([1, 128, 128, 128, 128]);
    expect(hub.broker.stats().denied.subscribe).toBe(4);
    client.socket.destroy();
    await hub.change(({ up }) => !up);
    expect(hub.broker.clients()[0]?.subscriptions).toEqual([{ filter: "devices/pump/t", qos: 1 }]);
    void hub.broker.publish({ topic: "secret", payload: "x", qos: 1, retain: false });
    expect(hub.broker.clients()[0]?.queued).toBe(0);
  });

  test("a will on a forbidden topic refuses the connection", async () => {
    hub.rules.set("pump", own);
    const will = { payload: Buffer.from("x"), qos: 0, retain: false } as const;
    await expect(hub.connect({ ...pump, will: { ...will, topic: "other" } })).rejects.toMatchObject({
      code: 5,
    });
    await hub.connect({ ...pump, will: { ...will, topic: "devices/pump/state" } });
    expect(hub.broker.stats().denied.will).toBe(1);
  });

  test("new rules act at once: on subscriptions, delivery, publish and will", async () => {
    hub.rules.set("pump", everything);
    const client = await hub.connect({
      ...pump,
      will: { topic: "state", payload: Buffer.from("gone"), qos: 0, retain: false },
    });
    await client.subscribeAsync(["a", "devices/pump/#", "devices/pump/t"]);
    const received: string[] = [];
    client.on("message", (topic) => received.push(topic));
    hub.rules.set("pump", own);
    hub.broker.refreshAccess("pump");
    void hub.broker.publish({ topic: "a", payload: "x", qos: 0, retain: false });
    void hub.broker.publish({ topic: "devices/pump/secret/k", payload: "x", qos: 0, retain: false });
    void hub.broker.publish({ topic: "devices/pump/t", payload: "x", qos: 0, retain: false });
    await client.publishAsync("a", "x", { qos: 1 });
    expect(received).toEqual(["devices/pump/t"]);
    expect(hub.broker.clients()[0]?.subscriptions).toHaveLength(1);
    expect(hub.arrivals).toHaveLength(3);
    client.stream.destroy();
    await hub.change(({ up }) => !up);
    expect(hub.broker.stats().denied).toMatchObject({ publish: 1, will: 1 });
    expect(hub.arrivals).toHaveLength(3);
  });

  test("a revoked user is cut off, its session and queue go, and its will is not published", async () => {
    hub.rules.set("pump", everything);
    const will = { topic: "state", payload: Buffer.from("gone"), qos: 0, retain: false } as const;
    const client = await hub.connect({ ...pump, clean: false, will });
    await client.subscribeAsync("a", { qos: 1 });
    hub.rules.delete("pump");
    hub.broker.refreshAccess("pump");
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "pump", cause: "kicked" });
    expect(hub.broker.clients()).toEqual([]);
    expect(hub.broker.stats().subscriptions).toBe(0);
    expect(hub.arrivals).toEqual([]);
  });
});

describe("WebSocket", () => {
  test("carries MQTT at /mqtt", async () => {
    const client = connect(hub.webSocketUrl, { reconnectPeriod: 0, clientId: "browser" });
    await happened(client, "connect");
    await client.subscribeAsync("w", { qos: 1 });
    const message = happened(client, "message");
    await client.publishAsync("w", Buffer.alloc(200_000, "x"), { qos: 1 });
    expect(String((await message)[1])).toHaveLength(200_000);
    expect(hub.broker.clients()[0]?.connection?.address).toBe("127.0.0.1");
    await client.endAsync();
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "browser", cause: "disconnect" });
  });

  test.for([
    ["another path", "/other", "mqtt", undefined, 404],
    ["a page of another site", "/mqtt", "mqtt", "http://evil.example", 403],
    ["a client without the subprotocol", "/mqtt", "chat", undefined, 400],
  ] as const)("%s is refused", async ([, path, subprotocol, origin, status]) => {
    const { default: WebSocket } = await import("ws");
    const url = hub.webSocketUrl.replace("/mqtt", path);
    const socket = new WebSocket(url, subprotocol, origin === undefined ? {} : { origin });
    const refusal = await new Promise<Error>((resolve) => {
      socket.once("error", resolve);
    });
    expect(refusal.message).toContain(String(status));
    expect(hub.broker.stats().connections).toBe(0);
  });

  test("a page of the hub itself may connect", async () => {
    const origin = hub.webSocketUrl.replace("ws:", "http:").replace("/mqtt", "");
    const client = connect(hub.webSocketUrl, { reconnectPeriod: 0, wsOptions: { origin } });
    await happened(client, "connect");
    expect(hub.broker.stats().accepted).toBe(1);
    client.end(true);
  });
});

describe("limits", () => {
  test("a packet at the limit passes, a longer one closes the connection before it is buffered", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { packetBytes: 1_000 } });
    const client = hub.raw({ clientId: "big" });
    await client.next("connack");
    const overhead = 1 + 2 + 2 + 1;
    client.send(publishPacket("t", "x".repeat(1_000 - overhead)));
    await hub.arrival(() => true);
    client.send(publishPacket("t", "x".repeat(1_001 - overhead)));
    await client.closed;
    expect(hub.arrivals).toHaveLength(1);
    expect(hub.broker.stats().refused["too-large"]).toBe(1);
    expect(await hub.change(({ up }) => !up)).toMatchObject({ cause: "protocol" });
  });

  test("a stranger cannot announce a large packet, nor start with anything but CONNECT", async () => {
    const large = hub.raw({ clientId: "", connects: false });
    large.socket.write(Buffer.from("10ffffff7f", "hex"));
    await large.closed;
    const other = hub.raw({ clientId: "", connects: false });
    other.send({ cmd: "pingreq" });
    await other.closed;
    expect(hub.broker.stats().refused).toMatchObject({ "too-large": 1, "first-packet": 1 });
  });

  test("a socket without a CONNECT is closed after the time for it", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { connectMs: 50 } });
    await hub.raw({ clientId: "", connects: false }).closed;
    expect(hub.broker.stats().refused["connect-timeout"]).toBe(1);
  });

  test.for([
    ["connections", { connections: 2 }],
    ["connections-per-address", { connectionsFromLoopback: 2 }],
  ] as const)("no more %s than allowed", async ([reason, limits]) => {
    await hub.stop();
    hub = await startTestBroker({ limits });
    const first = await hub.connect();
    await hub.connect();
    await hub.raw({ clientId: "third" }).closed;
    expect(hub.broker.stats().refused[reason]).toBe(1);
    await first.endAsync();
    await expect.poll(() => hub.broker.stats().connections).toBe(1);
    await hub.connect();
  });

  test("one subscription more than allowed gets 0x80", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { subscriptionsPerClient: 2 } });
    const client = hub.raw({ clientId: "raw" });
    expect(await client.subscribe("a")).toBe(0);
    expect(await client.subscribe("b")).toBe(0);
    expect(await client.subscribe("c")).toBe(128);
    expect(await client.subscribe("a", 1)).toBe(1);
  });

  test("a retained topic beyond the bound is passed on, not kept, and counted", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { retainedTopics: 1 } });
    for (const topic of ["a", "b", "a"])
      void hub.broker.publish({ topic, payload: "x", qos: 0, retain: true });
    expect(hub.arrivals).toHaveLength(3);
    expect(hub.broker.stats()).toMatchObject({ retainedCount: 1, retainedRefused: 1 });
  });

  test("too many QoS 2 messages without PUBREL close the connection", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { inboundQos2: 2 } });
    const client = hub.raw({ clientId: "raw", acknowledges: false });
    await client.next("connack");
    for (const messageId of [1, 2, 3]) client.send(publishPacket("t", "x", { qos: 2, messageId }));
    await client.closed;
    expect(hub.arrivals).toHaveLength(2);
  });

  test("MQTT 5 is answered with code 1, so that clients fall back", async () => {
    await expect(hub.connect({ protocolVersion: 5 })).rejects.toBeDefined();
    await expect.poll(() => hub.broker.stats().refused["protocol-version"]).toBe(1);
  });
});

describe("listener", () => {
  test("stays closed until it is opened, and moves; open connections stay", async () => {
    await hub.stop();
    hub = await startTestBroker({ tcp: undefined });
    const first = await hub.broker.openTcp({ host: "127.0.0.1", port: 0 });
    const client = await hub.connect({ port: first });
    const second = await hub.broker.openTcp({ host: "127.0.0.1", port: 0 });
    await expect(hub.connect({ port: first })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await hub.connect({ port: second });
    await client.publishAsync("t", "x", { qos: 1 });
    await hub.broker.closeTcp();
    await expect(hub.connect({ port: second })).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});
