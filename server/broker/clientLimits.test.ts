import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { brokerLimits, type BrokerLimits } from "./limits.ts";
import { createClientRate } from "./clientRate.ts";
import { createMemoryStorage } from "./testing/memoryStorage.ts";
import { publishPacket, type RawClient } from "./testing/rawClient.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";
import { createTestClock } from "./testing/testClock.ts";

let hub: TestBroker;
afterEach(() => hub.stop());

const clock = createTestClock();

async function start(limits: Partial<BrokerLimits> = {}): Promise<void> {
  hub = await startTestBroker({ limits, now: clock.now, schedule: clock.schedule });
}

async function joined(clientId: string, options: { clean?: boolean; keepalive?: number } = {}) {
  const client = hub.raw({ clientId, ...options });
  await client.next("connack");
  return client;
}

function isHeld(clientId: string): boolean | undefined {
  return hub.broker.clients().find((client) => client.clientId === clientId)?.connection?.isHeld;
}

function throttled(clientId: string): number | undefined {
  return hub.broker.clients().find((client) => client.clientId === clientId)?.connection?.throttled;
}

function messages(count: number, topic = "t") {
  return Array.from({ length: count }, (_, index) => publishPacket(topic, `${index}`));
}

/** What was sent before has been handled: the other client's PINGREQ went the same way. */
async function settled(client: RawClient): Promise<void> {
  const before = client.packets.filter(({ cmd }) => cmd === "pingresp").length;
  client.send({ cmd: "pingreq" });
  await expect.poll(() => client.packets.filter(({ cmd }) => cmd === "pingresp").length).toBe(before + 1);
}

describe("B30: the rate of one client", () => {
  test("so many messages at once pass; beyond, the client is read later, nothing is lost, others go on", async () => {
    await start({ messagesPerSecond: 10, burstS: 2 });
    const fast = await joined("fast");
    const other = await joined("other");
    fast.send(...messages(20));
    await hub.arrival(({ payload }) => payload.toString() === "19");
    expect(throttled("fast")).toBe(0);
    fast.send(publishPacket("t", "over"));
    await hub.arrival(({ payload }) => payload.toString() === "over");
    expect(isHeld("fast")).toBe(true);
    fast.send(...messages(3, "later"));
    await settled(other);
    expect(hub.arrivals).toHaveLength(21);
    clock.advance(99);
    await settled(other);
    expect(hub.arrivals).toHaveLength(21);
    clock.advance(1);
    await hub.arrival(({ topic, payload }) => topic === "later" && payload.toString() === "2");
    expect(hub.arrivals).toHaveLength(24);
    expect(throttled("fast")).toBe(2);
    expect(throttled("other")).toBe(0);
    expect(hub.broker.stats().throttled).toBe(2);
    expect(hub.logged.filter(({ text }) => text.startsWith("A client sends too fast"))).toHaveLength(1);
    clock.advance(300);
    expect(isHeld("fast")).toBe(false);
  });

  test("so many bytes at once pass, two more make the client wait for them", async () => {
    await start({ bytesPerSecond: 1_000, burstS: 1 });
    const client = await joined("client");
    // 6 bytes are around the payload; the CONNECT came before the count began.
    client.send(publishPacket("t", "x".repeat(994)));
    await hub.arrival(() => true);
    expect(isHeld("client")).toBe(false);
    client.send({ cmd: "pingreq" });
    await client.next("pingresp");
    expect(isHeld("client")).toBe(true);
    clock.advance(1);
    expect(isHeld("client")).toBe(true);
    clock.advance(1);
    expect(isHeld("client")).toBe(false);
    expect(hub.broker.stats().throttled).toBe(1);
  });

  test("requests count as messages, acknowledgements do not", async () => {
    await start({ messagesPerSecond: 3, burstS: 1 });
    const client = await joined("client");
    await client.subscribe("a", 1);
    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["b"] });
    await client.next("unsuback");
    for (let index = 0; index < 20; index++)
      void hub.broker.publish({ topic: "a", payload: `${index}`, qos: 1, retain: false });
    await expect.poll(() => hub.broker.clients()[0]?.delivered).toBe(20);
    client.send({ cmd: "pingreq" });
    await client.next("pingresp");
    expect(isHeld("client")).toBe(false);
    client.send({ cmd: "pingreq" });
    await expect.poll(() => isHeld("client")).toBe(true);
  });

  test("a client that leaves while it waits leaves no timer", async () => {
    await start({ messagesPerSecond: 1, burstS: 1 });
    const client = await joined("client", { keepalive: 60 });
    const pending = clock.pending;
    client.send(...messages(100));
    await expect.poll(() => isHeld("client")).toBe(true);
    expect(clock.pending).toBe(pending + 1);
    hub.broker.kick("client");
    await hub.change(({ up }) => !up);
    expect(clock.pending).toBe(pending);
  });

  test("a client that is not read is not taken for dead, however long it has to wait", async () => {
    await start({ messagesPerSecond: 1, burstS: 1 });
    const waiting = await joined("waiting", { keepalive: 1 });
    waiting.send(...messages(2));
    await expect.poll(() => isHeld("waiting")).toBe(true);
    // A mute client that came later is closed by its keep-alive; by then the other one's is over as well.
    await joined("mute", { keepalive: 1 });
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "mute", cause: "keepalive" });
    clock.advance(2_000);
    waiting.send(publishPacket("t", "alive"));
    await hub.arrival(({ payload }) => payload.toString() === "alive");
  });

  test("by default 10,000 messages a second pass for ever, 40,000 at once, and 16 MiB a second", async () => {
    await start();
    let held = 0;
    const inflow = { hold: () => held++, release() {}, begin() {}, end() {}, isHeld: () => false };
    const { now, schedule } = clock;
    const rate = () => createClientRate({ inflow, limits: brokerLimits, now, schedule, onThrottled() {} });
    const steady = rate();
    for (let tenth = 0; tenth < 600; tenth++) {
      clock.advance(100);
      steady.read(1_600_000);
      steady.count(1_000);
    }
    expect(held).toBe(0);
    const sudden = rate();
    sudden.read(1);
    sudden.count(40_000);
    expect(held).toBe(0);
    sudden.count(1);
    expect(held).toBe(1);
  });
});

describe("B23: while the disk does not answer", () => {
  test("a publisher is read up to its bound and no further, others go on, and nothing is lost or out of order", async () => {
    const storage = createMemoryStorage();
    let release = () => {};
    const isReleased = new Promise<void>((resolve) => {
      release = resolve;
    });
    storage.hold = () => isReleased;
    const { now, schedule } = clock;
    hub = await startTestBroker({ storage, now, schedule, limits: { inboundWaiting: 5 } });
    const publisher = await joined("publisher");
    const other = await joined("other");
    const total = 2_000;
    for (let messageId = 1; messageId <= total; messageId++) {
      publisher.send(publishPacket("r", `${messageId}`.padEnd(200), { qos: 1, retain: true, messageId }));
      if (messageId % 10 === 0) await setImmediate();
    }
    await settled(other);
    expect(isHeld("publisher")).toBe(true);
    expect(hub.arrivals.length).toBeGreaterThan(5);
    // One piece of at most 64 KiB was read beyond the bound, not all 440 KB.
    expect(hub.arrivals.length).toBeLessThan(total / 2);
    expect(publisher.packets.filter(({ cmd }) => cmd === "puback")).toEqual([]);
    release();
    await publisher.next("puback", ({ messageId }) => messageId === total);
    const expected = Array.from({ length: total }, (_, index) => `${index + 1}`);
    expect(hub.arrivals.map(({ payload }) => payload.toString().trim())).toEqual(expected);
    expect(isHeld("publisher")).toBe(false);
  });
});

describe("B30: subscriptions", () => {
  test.for([true, false])(
    "filters of one SUBSCRIBE beyond the limit get 0x80; each SUBSCRIBE has its own (clean %s)",
    async (clean) => {
      await start({ filtersPerSubscribe: 3 });
      const client = await joined("client", { clean });
      const subscriptions = (prefix: string, count: number) =>
        Array.from({ length: count }, (_, index) => ({ topic: `${prefix}/${index}`, qos: 0 }) as const);
      client.send(
        { cmd: "subscribe", messageId: 1, subscriptions: subscriptions("a", 3) },
        { cmd: "subscribe", messageId: 2, subscriptions: subscriptions("b", 5) },
        { cmd: "subscribe", messageId: 3, subscriptions: subscriptions("c", 3) },
      );
      const granted = async (id: number) =>
        (await client.next("suback", ({ messageId }) => messageId === id)).granted;
      expect(await granted(1)).toEqual([0, 0, 0]);
      expect(await granted(2)).toEqual([0, 0, 0, 128, 128]);
      expect(await granted(3)).toEqual([0, 0, 0]);
      expect(hub.broker.clients()[0]?.subscriptions).toHaveLength(9);
      expect(hub.broker.stats().denied.subscribe).toBe(2);
    },
  );

  test("a client has so many subscriptions; one more gets 0x80, a known filter may change", async () => {
    await start({ subscriptionsPerClient: 2 });
    const client = await joined("client");
    expect(await client.subscribe("a")).toBe(0);
    expect(await client.subscribe("b")).toBe(0);
    expect(await client.subscribe("c")).toBe(128);
    expect(await client.subscribe("a", 1)).toBe(1);
    expect(hub.broker.stats().denied.subscribe).toBe(1);
  });
});

describe("B30: topics and filters", () => {
  const levels = (count: number) => Array.from({ length: count }, () => "l").join("/");
  const [atLength, tooLong] = ["ü".repeat(512), `${"ü".repeat(512)}x`];
  const [atDepth, tooDeep] = [levels(32), levels(33)];

  test.for([
    ["long", atLength, tooLong, "topic-length"],
    ["deep", atDepth, tooDeep, "topic-levels"],
  ] as const)(
    "a topic as %s as allowed passes, one more closes the connection",
    async ([, allowed, refused, reason]) => {
      await start();
      const client = await joined("client");
      client.send(publishPacket(allowed, "x", { qos: 1, messageId: 1 }));
      await client.next("puback");
      client.send(publishPacket(refused, "x", { qos: 1, messageId: 2 }));
      await client.closed;
      expect(hub.arrivals).toHaveLength(1);
      expect(hub.broker.stats().refused).toEqual({ [reason]: 1 });
    },
  );

  test.for([
    ["long", atLength, tooLong],
    ["deep", atDepth, tooDeep],
  ] as const)(
    "a filter as %s as allowed is granted, one more gets 0x80; both can be unsubscribed",
    async ([, allowed, refused]) => {
      await start();
      const client = await joined("client");
      expect(await client.subscribe(allowed)).toBe(0);
      expect(await client.subscribe(refused)).toBe(128);
      expect(hub.broker.stats().denied.subscribe).toBe(1);
      client.send({ cmd: "unsubscribe", messageId: 7, unsubscriptions: [refused, allowed] });
      expect(await client.next("unsuback")).toMatchObject({ messageId: 7 });
      expect(hub.broker.clients()[0]?.subscriptions).toEqual([]);
    },
  );
});

describe("B30: QoS 2 messages that wait for their PUBREL", () => {
  test("so many are taken, one more closes the connection and is counted", async () => {
    await start();
    const client = hub.raw({ clientId: "client", acknowledges: false });
    await client.next("connack");
    for (let messageId = 1; messageId <= 100; messageId++)
      client.send(publishPacket("t", "x", { qos: 2, messageId }));
    await hub.arrival(() => hub.arrivals.length === 100);
    await settled(client);
    client.send(publishPacket("t", "x", { qos: 2, messageId: 101 }));
    await client.closed;
    expect(hub.arrivals).toHaveLength(100);
    expect(hub.broker.stats().refused).toEqual({ "inbound-qos2": 1 });
  });
});

describe("B27: keep-alive 0", () => {
  const idleMs = 60_000;

  test("a connection that is silent for so long, by default a day, is closed and counted, not a moment before", async () => {
    expect(brokerLimits.idleMs).toBe(86_400_000);
    await start({ idleMs });
    const client = await joined("silent");
    clock.advance(idleMs - 1);
    await settled(client);
    // The PINGREQ was a sign of life.
    clock.advance(idleMs - 1);
    expect(hub.broker.stats().sessionsOnline).toBe(1);
    const pending = clock.pending;
    clock.advance(1);
    await client.closed;
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "silent", cause: "keepalive" });
    expect(hub.broker.stats().refused).toEqual({ idle: 1 });
    expect(clock.pending).toBe(pending - 1);
  });

  test("a subscriber that only listens stays while messages reach it", async () => {
    await start({ idleMs });
    const client = await joined("listener");
    await client.subscribe("t");
    clock.advance(idleMs - 1);
    void hub.broker.publish({ topic: "t", payload: "x", qos: 0, retain: false });
    await client.next("publish");
    clock.advance(idleMs - 1);
    expect(hub.broker.stats().sessionsOnline).toBe(1);
    clock.advance(idleMs);
    await client.closed;
  });

  test("a client with keep-alive has no timer of ours", async () => {
    await start();
    const pending = clock.pending;
    await joined("usual", { keepalive: 60 });
    expect(clock.pending).toBe(pending);
  });
});

describe("B30: kept sessions of clients that are away", () => {
  test("beyond their bound the oldest goes, and its queue is counted as dropped", async () => {
    await start({ offlineSessions: 2 });
    for (const clientId of ["a", "b", "c"]) {
      const client = await hub.connect({ clientId, clean: false });
      await client.subscribeAsync(clientId, { qos: 1 });
      await client.endAsync();
      await hub.change(({ clientId: left, up }) => left === clientId && !up);
      void hub.broker.publish({ topic: clientId, payload: "x", qos: 1, retain: false });
      expect(hub.broker.stats().sessionsOffline).toBe(clientId === "a" ? 1 : 2);
    }
    expect(hub.broker.clients().map(({ clientId }) => clientId)).toEqual(["b", "c"]);
    expect(hub.broker.stats().dropped["session-removed"]).toBe(1);
  });
});

describe("the log", () => {
  test("has one line a minute for each client, which tells how many were left out", async () => {
    await start();
    hub.rules.set(undefined, [{ effect: "allow", action: "publish", filter: "mine" }]);
    const client = await joined("eager");
    client.send(...messages(42, "theirs"));
    await settled(client);
    const lines = () => hub.logged.map(({ text }) => text).filter((text) => text.startsWith("A publish"));
    expect(lines()).toEqual(["A publish was refused."]);
    clock.advance(60_000);
    client.send(...messages(1, "theirs"));
    await settled(client);
    expect(lines()[1]).toBe("A publish was refused. (and 41 more since the last time)");
    expect(hub.broker.stats().denied.publish).toBe(43);
  });
});
