import { afterEach, describe, expect, test } from "vitest";
import type { BrokerLimits } from "./limits.ts";
import { createMemoryStorage, type MemoryStorage } from "./testing/memoryStorage.ts";
import { publishPacket, type RawClient } from "./testing/rawClient.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

/** A storage whose commits wait until `release`. */
interface SlowStorage {
  readonly storage: MemoryStorage;
  readonly release: () => void;
}

let hubs: TestBroker[] = [];
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.stop()));
  hubs = [];
});

async function start(
  storage = createMemoryStorage(),
  options: Parameters<typeof startTestBroker>[0] = {},
): Promise<TestBroker> {
  const hub = await startTestBroker({ storage, ...options });
  hubs.push(hub);
  return hub;
}

const limited = (limits: Partial<BrokerLimits>) => ({ limits });

/** What a new process finds after this one was killed now. */
const afterCrash = (storage: MemoryStorage): MemoryStorage => storage.fork();

function slowStorage(): SlowStorage {
  const storage = createMemoryStorage();
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  storage.hold = () => released;
  return { storage, release };
}

/** Answers of the broker to this client so far, without its CONNACK. */
const answers = ({ packets }: RawClient): string[] =>
  packets.slice(1).map(({ cmd, messageId }) => `${cmd} ${messageId}`);

async function online(hub: TestBroker, clientId: string, options: object = {}): Promise<RawClient> {
  const client = hub.raw({ clientId, ...options });
  await client.next("connack");
  return client;
}

/** Everything that the broker had to do for this client before now is done. */
async function pinged(client: RawClient): Promise<void> {
  const before = client.packets.filter(({ cmd }) => cmd === "pingresp").length;
  client.send({ cmd: "pingreq" });
  await expect
    .poll(() => client.packets.filter(({ cmd }) => cmd === "pingresp").length)
    .toBeGreaterThan(before);
}

const persistent = { clean: false };

describe("B18: the acknowledgement follows the commit", () => {
  test.for([
    ["a retained message", "kept", {}],
    ["a message for a session that outlives its connection", "queue", {}],
    ["a message that a flow waits for", "flow", {}],
  ] as const)("of %s", async ([, topic]) => {
    const { storage, release } = slowStorage();
    const hub = await start(storage, { isAwaited: (question) => question.topic === "flow" });
    const hold = storage.hold;
    storage.hold = undefined;
    const subscriber = await online(hub, "s", persistent);
    await subscriber.subscribe("queue", 1);
    const publisher = await online(hub, "p");
    storage.hold = hold;
    publisher.send(publishPacket(topic, "x", { qos: 1, messageId: 1, retain: topic === "kept" }));
    await hub.arrival((arrival) => arrival.topic === topic);
    await pinged(subscriber);
    expect(answers(publisher)).toEqual([]);
    release();
    await publisher.next("puback");
  });

  test("and what nobody would miss is acknowledged at once", async () => {
    const { storage, release } = slowStorage();
    const hub = await start(storage);
    const publisher = await online(hub, "p");
    publisher.send(publishPacket("a", "x", { qos: 1, messageId: 1 }));
    expect(await publisher.next("puback")).toMatchObject({ messageId: 1 });
    expect(storage.commits).toEqual([]);
    release();
  });

  test("[MQTT-4.6.0-2] a message that needs no disk does not overtake one that does", async () => {
    const { storage, release } = slowStorage();
    const hub = await start(storage);
    const publisher = await online(hub, "p");
    publisher.send(
      publishPacket("kept", "x", { qos: 1, messageId: 1, retain: true }),
      publishPacket("a", "x", { qos: 1, messageId: 2 }),
    );
    await hub.arrival(({ topic }) => topic === "a");
    expect(answers(publisher)).toEqual([]);
    release();
    await publisher.next("puback", ({ messageId }) => messageId === 2);
    expect(answers(publisher)).toEqual(["puback 1", "puback 2"]);
  });

  test("B19: while the disk is busy, messages that arrive share a commit", async () => {
    const { storage, release } = slowStorage();
    const hub = await start(storage);
    const publishers = [];
    for (let index = 1; index <= 7; index++) {
      const publisher = await online(hub, `p${index}`);
      publisher.send(publishPacket(`kept/${index}`, "x", { qos: 1, messageId: 1, retain: true }));
      await hub.arrival(({ topic }) => topic === `kept/${index}`);
      publishers.push(publisher);
    }
    release();
    await Promise.all(publishers.map((publisher) => publisher.next("puback")));
    expect(storage.commits.map((changes) => changes.length)).toEqual([1, 1, 1, 1, 3]);
  });

  test("and it waits while the flows have too much to do, in order [MQTT-4.6.0-2]", async () => {
    let isBusy = true;
    const hub = await start(undefined, { isBusy: () => isBusy });
    const publisher = await online(hub, "p");
    publisher.send(
      publishPacket("kept", "x", { qos: 1, messageId: 1, retain: true }),
      publishPacket("a", "x", { qos: 1, messageId: 2 }),
    );
    await hub.arrival(({ topic }) => topic === "a");
    await settled(hub, createMemoryStorage());
    expect(answers(publisher)).toEqual([]);
    isBusy = false;
    await publisher.next("puback", ({ messageId }) => messageId === 2);
    expect(answers(publisher)).toEqual(["puback 1", "puback 2"]);
  });

  test("the CONNACK of a client with a will, and the SUBACK of a kept session, wait too", async () => {
    const { storage, release } = slowStorage();
    const hub = await start(storage);
    const client = hub.raw({ clientId: "c", clean: false, will: { topic: "w", payload: "gone" } });
    await hub.change(({ clientId }) => clientId === "c");
    client.send({ cmd: "subscribe", messageId: 5, subscriptions: [{ topic: "a", qos: 1 }] });
    await pinged(await online(hub, "other"));
    expect(client.packets).toEqual([]);
    release();
    await client.next("suback");
    expect(storage.commits.flat().map((change) => change.do)).toEqual(["open", "will", "subscribe"]);
  });
});

describe("after a crash", () => {
  test("retained messages are there as they were left", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    const publisher = await online(hub, "p");
    publisher.send(
      publishPacket("a", "1", { qos: 1, messageId: 1, retain: true }),
      publishPacket("b", "1", { qos: 0, retain: true }),
      publishPacket("a", "2", { qos: 0, retain: true }),
      publishPacket("c", "1", { qos: 1, messageId: 2, retain: true }),
      publishPacket("c", "", { qos: 1, messageId: 3, retain: true }),
    );
    await publisher.next("puback", ({ messageId }) => messageId === 3);
    const next = await start(afterCrash(storage));
    const found = next.broker
      .retained("#")
      .map(({ topic, payload }) => [topic, Buffer.from(payload).toString()]);
    expect(found).toEqual([
      ["a", "2"],
      ["b", "1"],
    ]);
  });

  test("B22: a queue comes back in order, three crashes in a row, and with the session its subscriptions", async () => {
    let storage = createMemoryStorage();
    let hub = await start(storage);
    const device = await online(hub, "d", persistent);
    await device.subscribe("x/#", 1);
    device.socket.destroy();
    await hub.change(({ up }) => !up);
    const expected = [];
    for (const round of [1, 2, 3]) {
      const publisher = await online(hub, `p${round}`);
      for (let index = 1; index <= 10; index++) {
        publisher.send(publishPacket("x/t", `${round}-${index}`, { qos: 1, messageId: index }));
        expected.push(`${round}-${index}`);
      }
      await publisher.next("puback", ({ messageId }) => messageId === 10);
      storage = afterCrash(storage);
      hub = await start(storage);
    }
    const back = await online(hub, "d", persistent);
    await back.next("publish", ({ payload }) => payload.toString() === "3-10");
    expect(back.packets[0]).toMatchObject({ cmd: "connack", sessionPresent: true });
    expect(back.publishes().map(({ payload }) => payload.toString())).toEqual(expected);
    await expect.poll(() => hub.broker.clients()[0]?.inFlight).toBe(0);
    expect([...afterCrash(storage).load().sessions][0]?.queue).toEqual([]);
  });

  test("[MQTT-4.4.0-1] what was sent and not acknowledged comes again with DUP and its old id", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    const device = await online(hub, "d", { ...persistent, acknowledges: false });
    await device.subscribe("x", 2);
    const publisher = await online(hub, "p");
    for (const [index, qos] of ([1, 2, 1] as const).entries())
      publisher.send(publishPacket("x", `${index}`, { qos, messageId: index + 1 }));
    await expect.poll(() => device.publishes().length).toBe(3);
    const seen = device.publishes().map(({ messageId, payload }) => [messageId, payload.toString()]);
    const next = await start(afterCrash(storage));
    const back = await online(next, "d", { ...persistent, acknowledges: false });
    await expect.poll(() => back.publishes().length).toBe(3);
    expect(back.publishes().map(({ messageId, payload }) => [messageId, payload.toString()])).toEqual(seen);
    expect(back.publishes().map(({ dup }) => dup)).toEqual([true, true, true]);
  });

  test("B5: a QoS 2 message the client has confirmed is not sent again, only its PUBREL", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    const device = await online(hub, "d", { ...persistent, acknowledges: false });
    await device.subscribe("x", 2);
    (await online(hub, "p")).send(publishPacket("x", "once", { qos: 2, messageId: 1 }));
    const { messageId = 0 } = await device.next("publish");
    device.send({ cmd: "pubrec", messageId });
    await device.next("pubrel");
    const next = await start(afterCrash(storage));
    const back = await online(next, "d", { ...persistent, acknowledges: false });
    expect(await back.next("pubrel")).toMatchObject({ messageId });
    back.send({ cmd: "pubcomp", messageId });
    await expect.poll(() => next.broker.clients()[0]?.inFlight).toBe(0);
    expect(back.publishes()).toEqual([]);
  });

  test("B5: the same QoS 2 packet id is not routed again before its PUBREL, and is new after it", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    const publisher = await online(hub, "p", { ...persistent, acknowledges: false });
    publisher.send(publishPacket("x", "once", { qos: 2, messageId: 7 }));
    await publisher.next("pubrec");
    const storageAfter = afterCrash(storage);
    const next = await start(storageAfter);
    const back = await online(next, "p", { ...persistent, acknowledges: false });
    back.send({ ...publishPacket("x", "once", { qos: 2, messageId: 7 }), dup: true });
    await back.next("pubrec");
    expect(next.arrivals).toEqual([]);
    expect(next.broker.stats().duplicates).toBe(1);
    back.send({ cmd: "pubrel", messageId: 7 });
    await back.next("pubcomp");
    const last = await start(afterCrash(storageAfter));
    const again = await online(last, "p", { ...persistent, acknowledges: false });
    again.send(publishPacket("x", "new", { qos: 2, messageId: 7 }));
    await last.arrival(({ payload }) => Buffer.from(payload).toString() === "new");
  });

  test("a message for a kept session leaves after its commit, so the client never knows more than the disk", async () => {
    const { storage, release } = slowStorage();
    const hold = storage.hold;
    storage.hold = undefined;
    const hub = await start(storage);
    const device = await online(hub, "d", persistent);
    await device.subscribe("x", 1);
    const other = await online(hub, "o");
    await other.subscribe("x", 1);
    storage.hold = hold;
    (await online(hub, "p")).send(publishPacket("x", "1", { qos: 1, messageId: 1 }));
    await other.next("publish");
    expect(device.publishes()).toEqual([]);
    release();
    await device.next("publish");
  });

  test("B14: a session whose owner has lost its rights does not come back, one with fewer loses what is denied", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    for (const user of ["gone", "less"]) {
      hub.rules.set(user, [{ effect: "allow", action: "both", filter: "#" }]);
      const client = await online(hub, user, { username: user, ...persistent });
      await client.subscribe("open/x", 1);
      await client.subscribe("secret/x", 1);
      client.socket.destroy();
      await hub.change(({ clientId, up }) => clientId === user && !up);
    }
    void hub.broker.publish({ topic: "open/x", payload: "1", qos: 1, retain: false }).catch(() => {});
    await hub.broker.publish({ topic: "secret/x", payload: "1", qos: 1, retain: false });
    const next = await start(afterCrash(storage), {
      access: {
        current: (user) =>
          user === "less"
            ? { user, rules: [{ effect: "allow", action: "both", filter: "open/#" }] }
            : undefined,
        authenticate: async () => ({
          user: "less",
          rules: [{ effect: "allow", action: "both", filter: "open/#" }],
        }),
      },
    });
    expect(next.broker.clients().map(({ clientId }) => clientId)).toEqual(["less"]);
    const back = await online(next, "less", { username: "less", ...persistent });
    await back.next("publish", ({ topic }) => topic === "open/x");
    expect(back.publishes().map(({ topic }) => topic)).toEqual(["open/x"]);
    expect(next.broker.stats().denied.receive).toBe(1);
  });
});

describe("B24: wills over a crash", () => {
  const will = { topic: "w", payload: "gone", qos: 1, retain: true } as const;
  const grace = limited({ willGraceMs: 30 });

  test("are published after the grace, once, for those who do not come back, and kept no longer", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    await online(hub, "lost", { will });
    await online(hub, "back", { will: { ...will, topic: "w2" } });
    const storageAfter = afterCrash(storage);
    const next = await start(storageAfter, { limits: { willGraceMs: 150 } });
    expect(next.broker.stats().willsLeft).toBe(2);
    await online(next, "back");
    const { clientId, will: isWill, retain } = await next.arrival(({ topic }) => topic === "w");
    expect([clientId, isWill, retain]).toEqual(["lost", true, true]);
    await expect.poll(() => storageAfter.load().wills).toEqual([]);
    expect(next.arrivals.map(({ topic }) => topic)).toEqual(["w"]);
    expect(next.broker.stats()).toMatchObject({ recoveredWills: 1, willsLeft: 0 });
    const third = await start(afterCrash(storageAfter), grace);
    expect(third.broker.stats().willsLeft).toBe(0);
    expect(third.broker.retained("w")).toHaveLength(1);
  });

  test("B26: a hub that stops keeps them, publishes none, and the next start decides", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    await online(hub, "lost", { will });
    await hub.stop();
    expect(hub.arrivals).toEqual([]);
    const next = await start(storage.fork(), grace);
    await next.arrival(({ topic }) => topic === "w");
  });

  test.for([
    ["after DISCONNECT [MQTT-3.1.2-10]", (client: RawClient) => client.send({ cmd: "disconnect" })],
    ["after it was published", (client: RawClient) => client.socket.destroy()],
  ] as const)("are gone %s", async ([, end]) => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    const client = await online(hub, "c", { will });
    expect(storage.load().wills).toHaveLength(1);
    end(client);
    await hub.change(({ up }) => !up);
    await expect.poll(() => storage.load().wills).toEqual([]);
  });

  test("B37: are not published for somebody who has lost the right to", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    await online(hub, "c", { will });
    const next = await start(afterCrash(storage), {
      ...grace,
      access: { current: () => undefined, authenticate: async () => ({ user: undefined, rules: [] }) },
    });
    await expect.poll(() => next.broker.stats().denied.will).toBe(1);
    expect(next.arrivals).toEqual([]);
  });
});

describe("B13: sessions end", () => {
  test("when nobody has used them for long, with all they had", async () => {
    const storage = createMemoryStorage();
    let nowMs = 1_000_000;
    let sweep = () => {};
    const hub = await start(storage, {
      now: () => nowMs,
      schedule(run, delayMs) {
        if (delayMs === 60_000) sweep = run;
        return () => {};
      },
      limits: { sessionExpiryMs: 5_000 },
    });
    const device = await online(hub, "d", persistent);
    await device.subscribe("x", 1);
    device.socket.destroy();
    await hub.change(({ up }) => !up);
    await hub.broker.publish({ topic: "x", payload: "1", qos: 1, retain: false });
    nowMs += 4_999;
    sweep();
    expect(hub.broker.stats()).toMatchObject({ sessionsOffline: 1, sessionsExpired: 0 });
    nowMs += 1;
    sweep();
    expect(hub.broker.stats()).toMatchObject({ sessionsOffline: 0, sessionsExpired: 1, subscriptions: 0 });
    expect(hub.broker.stats().dropped["session-removed"]).toBe(1);
    await expect.poll(() => [...storage.load().sessions]).toEqual([]);
  });

  test("at once on a clean start [MQTT-3.1.2-6]", async () => {
    const storage = createMemoryStorage();
    const hub = await start(storage);
    const device = await online(hub, "d", persistent);
    await device.subscribe("x", 1);
    device.send({ cmd: "disconnect" });
    await hub.change(({ up }) => !up);
    await online(hub, "d");
    await expect.poll(() => [...storage.load().sessions]).toEqual([]);
  });
});

describe("B9: a full queue", () => {
  const message = (payload: string) => ({ topic: "x", payload, qos: 1, retain: false }) as const;

  test.for([
    ["drop-oldest", ["2", "3"]],
    ["drop-newest", ["1", "2"]],
  ] as const)("with %s keeps %s", async ([queuePolicy, kept]) => {
    const storage = createMemoryStorage();
    const hub = await start(storage, limited({ queueMessages: 2, queuePolicy }));
    const device = await online(hub, "d", persistent);
    await device.subscribe("x", 1);
    device.socket.destroy();
    await hub.change(({ up }) => !up);
    for (const payload of ["1", "2", "3"]) void hub.broker.publish(message(payload));
    expect(hub.broker.stats().dropped["queue-full"]).toBe(1);
    const next = await start(afterCrash(await settled(hub, storage)));
    const back = await online(next, "d", persistent);
    await back.next("publish", ({ payload }) => payload.toString() === kept[1]);
    expect(back.publishes().map(({ payload }) => payload.toString())).toEqual(kept);
  });

  test("with disconnect parts from a client that takes nothing", async () => {
    const hub = await start(
      undefined,
      limited({ queueMessages: 2, sendWindow: 1, queuePolicy: "disconnect" }),
    );
    const device = await online(hub, "d", { acknowledges: false });
    await device.subscribe("x", 1);
    for (const payload of ["1", "2", "3", "4"]) void hub.broker.publish(message(payload));
    expect((await hub.change(({ up }) => !up)).cause).toBe("slow");
  });

  test("all together have a bound: the biggest queue gives up first", async () => {
    const hub = await start(undefined, limited({ queueBytesTotal: 4_000 }));
    for (const [clientId, filter] of [
      ["big", "#"],
      ["small", "small"],
    ] as const) {
      const device = await online(hub, clientId, persistent);
      await device.subscribe(filter, 1);
      device.socket.destroy();
      await hub.change((change) => change.clientId === clientId && !change.up);
    }
    void hub.broker.publish({ ...message("s".repeat(500)), topic: "small" });
    for (let index = 0; index < 6; index++) void hub.broker.publish(message("b".repeat(1_000)));
    const queued = Object.fromEntries(hub.broker.clients().map((one) => [one.clientId, one]));
    expect(queued["small"]?.queued).toBe(1);
    expect(queued["big"]!.queuedBytes + queued["small"]!.queuedBytes).toBeLessThanOrEqual(4_000);
    expect(hub.broker.stats().dropped["queue-full"]).toBeGreaterThanOrEqual(3);
  });
});

/** The storage once all that the hub has noted is in it. */
async function settled(hub: TestBroker, storage: MemoryStorage): Promise<MemoryStorage> {
  await expect.poll(() => hub.broker.stats().ledger.waiting).toBe(0);
  return storage;
}
