import { afterEach, describe, expect, test } from "vitest";
import { createMemoryStorage, type MemoryStorage } from "./testing/memoryStorage.ts";
import { publishPacket, type RawClient, type RawClientOptions } from "./testing/rawClient.ts";
import { inTurn, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

const hubs: TestBroker[] = [];
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.stop()));
});

async function start(options: Parameters<typeof startTestBroker>[0] = {}): Promise<TestBroker> {
  const hub = await startTestBroker(options);
  hubs.push(hub);
  return hub;
}

type ClientOptions = Partial<Omit<RawClientOptions, "port" | "clientId">>;

async function online(hub: TestBroker, clientId: string, options: ClientOptions = {}): Promise<RawClient> {
  const client = hub.raw({ clientId, ...options });
  await client.next("connack");
  return client;
}

/** A client that has subscribed to the filter with QoS 1. */
async function member(
  hub: TestBroker,
  clientId: string,
  { filter = "$share/g/t/#", ...options }: ClientOptions & { filter?: string } = {},
): Promise<RawClient> {
  const client = await online(hub, clientId, options);
  expect(await client.subscribe(filter, 1)).toBe(1);
  return client;
}

async function gone(hub: TestBroker, client: RawClient, clientId: string): Promise<void> {
  const before = hub.changes.length;
  client.socket.destroy();
  await expect
    .poll(() => hub.changes.slice(before).some((one) => one.clientId === clientId && !one.up))
    .toBe(true);
}

/** Publishes with QoS 1, some at a time, and resolves when all are acknowledged. */
async function publishAll(publisher: RawClient, payloads: readonly string[], topic = "t/x"): Promise<void> {
  const atOnce = 50;
  const acknowledged = (): number => publisher.packets.filter(({ cmd }) => cmd === "puback").length;
  const before = acknowledged();
  await inTurn(Math.ceil(payloads.length / atOnce), async (round) => {
    const some = payloads.slice(round * atOnce, (round + 1) * atOnce);
    publisher.send(
      ...some.map((payload, index) => publishPacket(topic, payload, { qos: 1, messageId: index + 1 })),
    );
    await expect.poll(acknowledged, { interval: 2 }).toBe(before + round * atOnce + some.length);
  });
}

const numbers = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, index) => `${first + index}`);
const payloads = (client: RawClient): string[] => client.publishes().map(({ payload }) => payload.toString());
const persistent = { clean: false };
const silent = { acknowledges: false };

/** How the queues of all sessions stand, on disk. */
function rows(storage: MemoryStorage): Record<string, readonly string[]> {
  const sessions = [...storage.load().sessions];
  return Object.fromEntries(
    sessions.map(({ clientId, queue }) => [
      clientId,
      queue.map(({ payload }) => Buffer.from(payload).toString()),
    ]),
  );
}

describe("B10: among the members of a group", () => {
  test("each message goes to one, in turn, and the load is even", async () => {
    const hub = await start();
    const members = await Promise.all(["a", "b", "c"].map((clientId) => member(hub, clientId)));
    await publishAll(await online(hub, "p"), numbers(3_000));
    await expect.poll(() => members.flatMap(payloads).length).toBe(3_000);
    expect(new Set(members.flatMap(payloads)).size).toBe(3_000);
    const counts = members.map((client) => payloads(client).length);
    expect(Math.max(...counts) / Math.min(...counts)).toBeLessThanOrEqual(1.1);
  });

  test.for([
    ["clean sessions", {}],
    ["sessions that outlive their connections", persistent],
  ] as const)("no message is lost when one is killed in between, with %s", async ([, options]) => {
    const hub = await start();
    const members = await Promise.all(["a", "b"].map((clientId) => member(hub, clientId, options)));
    const victim = await member(hub, "victim", { ...options, ...silent });
    const publisher = await online(hub, "p");
    await publishAll(publisher, numbers(1_500));
    const seenByVictim = payloads(victim);
    await gone(hub, victim, "victim");
    await publishAll(publisher, numbers(1_500, 1_500));
    await expect.poll(() => members.flatMap(payloads).length).toBe(3_000);
    expect(new Set(members.flatMap(payloads)).size).toBe(3_000);
    expect(seenByVictim.length).toBeGreaterThan(0);
    const { dropped } = hub.broker.stats();
    expect(Object.values(dropped).every((count) => count === 0)).toBe(true);
  });

  test("with `sticky` each publisher keeps its member, and so its order", async () => {
    const hub = await start({ limits: { shareStrategy: "sticky", sendWindow: 2 } });
    const members = await Promise.all(["a", "b", "c"].map((clientId) => member(hub, clientId)));
    const names = ["p", "q", "r", "s"];
    await Promise.all(
      names.map(async (name) =>
        publishAll(
          await online(hub, name),
          numbers(200).map((number) => `${name} ${number}`),
          `t/${name}`,
        ),
      ),
    );
    await expect.poll(() => members.flatMap(payloads).length).toBe(800);
    const got = members.map((client) => payloads(client));
    for (const name of names) {
      const from = got
        .map((all) => all.filter((payload) => payload.startsWith(`${name} `)))
        .filter(({ length }) => length > 0);
      expect(from).toEqual([numbers(200).map((number) => `${name} ${number}`)]);
    }
    expect(got.every(({ length }) => length > 0)).toBe(true);
  });

  test("one whose window is full is passed over, and when all are full the shortest queue gets it", async () => {
    const hub = await start({ limits: { sendWindow: 2 } });
    const slow = await member(hub, "slow", silent);
    const quick = await member(hub, "quick");
    const publisher = await online(hub, "p");
    await inTurn(10, async (index) => {
      await publishAll(publisher, [`${index}`]);
      await expect
        .poll(() => hub.broker.clients().find(({ clientId }) => clientId === "quick")?.inFlight)
        .toBe(0);
    });
    expect(payloads(slow)).toHaveLength(2);
    await expect.poll(() => payloads(quick).length).toBe(8);
    await gone(hub, quick, "quick");
    await member(hub, "other", silent);
    await publishAll(publisher, numbers(12, 10));
    const waiting = Object.fromEntries(
      hub.broker.clients().map(({ clientId, queued }) => [clientId, queued]),
    );
    expect([waiting["slow"], waiting["other"]]).toEqual([5, 5]);
  });

  test("a plain filter of the same client gets the message besides, another group its own", async () => {
    const hub = await start();
    const both = await member(hub, "both");
    await both.subscribe("t/x", 0);
    const other = await member(hub, "other", { filter: "$share/h/t/#" });
    const sameName = await member(hub, "same name", { filter: "$share/g/t/x" });
    await publishAll(await online(hub, "p"), ["1"]);
    await expect.poll(() => payloads(both).length).toBe(2);
    expect(new Set(both.publishes().map(({ qos }) => qos))).toEqual(new Set([0, 1]));
    await expect.poll(() => [payloads(other), payloads(sameName)]).toEqual([["1"], ["1"]]);
    expect(hub.broker.stats().sharedSubscriptions).toBe(3);
  });

  test("the QoS is the lower of the publisher's and the member's, and nothing retained is sent at first", async () => {
    const hub = await start();
    await hub.broker.publish({ topic: "t/x", payload: "old", qos: 1, retain: true });
    const client = await online(hub, "c");
    expect(await client.subscribe("$share/g/t/#", 2)).toBe(2);
    expect(await client.subscribe("$share/g/t/#", 1)).toBe(1);
    const publisher = await online(hub, "p");
    for (const qos of [0, 1, 2] as const)
      publisher.send(publishPacket("t/x", `${qos}`, { qos, messageId: 1 + qos, retain: true }));
    await client.next("publish", ({ payload }) => payload.toString() === "2");
    expect(client.publishes().map(({ payload, qos, retain }) => [payload.toString(), qos, retain])).toEqual([
      ["0", 0, false],
      ["1", 1, false],
      ["2", 1, false],
    ]);
  });
});

describe("B10: when members leave", () => {
  test("all are away: one of them keeps each message, and the first that comes back gets all, in order", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage });
    const names = ["a", "b", "c"];
    for (const client of await Promise.all(names.map((name) => member(hub, name, persistent)))) {
      client.send({ cmd: "disconnect" });
      await client.closed;
    }
    await hub.change(({ clientId, up }) => clientId === "c" && !up);
    await publishAll(await online(hub, "p"), numbers(100));
    expect(Object.values(rows(storage)).flat().toSorted()).toEqual(numbers(100).toSorted());
    const back = await online(hub, "b", persistent);
    await expect.poll(() => payloads(back).length).toBe(100);
    expect(payloads(back)).toEqual(numbers(100));
    await expect.poll(() => Object.values(rows(storage)).flat()).toEqual([]);
    const rest = await online(hub, "a", persistent);
    await publishAll(await online(hub, "q"), ["last"]);
    await expect
      .poll(() => [...payloads(back), ...payloads(rest)].filter((payload) => payload === "last").length)
      .toBe(1);
  });

  test("more than one can hold waits with the others until there is room", async () => {
    const hub = await start({ limits: { queueMessages: 40, sendWindow: 5 } });
    for (const name of ["a", "b", "c"]) await gone(hub, await member(hub, name, persistent), name);
    await publishAll(await online(hub, "p"), numbers(120));
    const back = await online(hub, "b", persistent);
    await expect.poll(() => payloads(back).length).toBe(120);
    expect(new Set(payloads(back)).size).toBe(120);
    expect(hub.broker.stats().dropped["queue-full"]).toBe(0);
  });

  test("the only one that outlives its connection keeps its own, with DUP and the old packet id", async () => {
    const hub = await start();
    const only = await member(hub, "only", { ...persistent, ...silent });
    await publishAll(await online(hub, "p"), ["1"]);
    const { messageId } = await only.next("publish");
    await gone(hub, only, "only");
    const back = await online(hub, "only", persistent);
    expect(await back.next("publish")).toMatchObject({ messageId, dup: true });
  });

  test("QoS 2 under way stays with its member, QoS 2 that was not sent moves", async () => {
    const hub = await start({ limits: { sendWindow: 1 } });
    const first = await online(hub, "first", { ...persistent, ...silent });
    await first.subscribe("$share/g/t/#", 2);
    await hub.broker.publish({ topic: "t/x", payload: "sent", qos: 2, retain: false });
    await hub.broker.publish({ topic: "t/x", payload: "waits", qos: 2, retain: false });
    await first.next("publish");
    const second = await online(hub, "second");
    await second.subscribe("$share/g/t/#", 2);
    await gone(hub, first, "first");
    expect((await second.next("publish")).payload.toString()).toBe("waits");
    const back = await online(hub, "first", persistent);
    expect((await back.next("publish")).payload.toString()).toBe("sent");
    expect([payloads(second), payloads(back)]).toEqual([["waits"], ["sent"]]);
  });

  test("UNSUBSCRIBE hands over what was not sent; what was sent may still be acknowledged", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage, limits: { sendWindow: 1 } });
    const first = await member(hub, "first", { ...persistent, ...silent });
    await publishAll(await online(hub, "p"), numbers(5));
    const second = await member(hub, "second", persistent);
    first.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["$share/g/t/#"] });
    await first.next("unsuback");
    await expect.poll(() => payloads(second)).toEqual(numbers(4, 1));
    const { messageId } = await first.next("publish");
    first.send({ cmd: "puback", ...(messageId === undefined ? {} : { messageId }) });
    await expect.poll(() => Object.values(rows(storage)).flat()).toEqual([]);
    expect(payloads(first)).toEqual(["0"]);
    expect(hub.broker.stats().sharedSubscriptions).toBe(1);
  });

  test("one that is kicked, or starts clean, hands over too", async () => {
    const hub = await start();
    const kicked = await member(hub, "kicked", silent);
    const clean = await member(hub, "clean", { ...persistent, ...silent });
    await publishAll(await online(hub, "p"), numbers(10));
    await expect.poll(() => payloads(kicked).length + payloads(clean).length).toBe(10);
    const heir = await member(hub, "heir");
    hub.broker.kick("kicked");
    await online(hub, "clean");
    await expect.poll(() => payloads(heir).toSorted()).toEqual(numbers(10).toSorted());
  });
});

describe("B10: after a crash", () => {
  test("the groups are there, and the first member that comes back gets what waited for another", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage });
    for (const name of ["a", "b"]) await gone(hub, await member(hub, name, persistent), name);
    await publishAll(await online(hub, "p"), numbers(20));
    const next = await start({ storage: storage.fork() });
    expect(next.broker.stats().sharedSubscriptions).toBe(2);
    const [holder = ""] = Object.entries(rows(storage)).find(([, waiting]) => waiting.length > 0) ?? [];
    const other = await online(next, holder === "a" ? "b" : "a", persistent);
    await expect.poll(() => payloads(other)).toEqual(numbers(20));
  });

  test("a message that moves is on disk once, at every moment", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage });
    for (const name of ["a", "b"]) await gone(hub, await member(hub, name, persistent), name);
    await publishAll(await online(hub, "p"), numbers(20));
    const before = storage.commits.length;
    const [holder = ""] = Object.entries(rows(storage)).find(([, waiting]) => waiting.length > 0) ?? [];
    const heir = holder === "a" ? "b" : "a";
    const back = await online(hub, heir, { ...persistent, ...silent });
    await expect.poll(() => payloads(back).length).toBe(20);
    for (let count = before; count <= storage.commits.length; count++) {
      const found = rows(createMemoryStorage(storage.commits.slice(0, count)));
      expect(Object.values(found).flat()).toEqual(numbers(20));
    }
    expect(rows(storage)[heir]).toEqual(numbers(20));
  });

  test("what a clean session took over from one that is kept comes again if it was not acknowledged", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage });
    await gone(hub, await member(hub, "kept", persistent), "kept");
    await publishAll(await online(hub, "p"), numbers(3));
    const clean = await member(hub, "clean", silent);
    await expect.poll(() => payloads(clean)).toEqual(numbers(3));
    const [first] = clean.publishes();
    clean.send({ cmd: "puback", messageId: first?.messageId ?? 0 });
    await expect.poll(() => rows(storage)["kept"]).toEqual(["1", "2"]);
    const next = await start({ storage: storage.fork() });
    const back = await online(next, "kept", persistent);
    await expect.poll(() => payloads(back)).toEqual(["1", "2"]);
  });

  test("a message that a plain filter matches too stays with its session", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage });
    const both = await member(hub, "both", persistent);
    await both.subscribe("t/x", 1);
    await gone(hub, both, "both");
    await publishAll(await online(hub, "p"), ["1"]);
    const next = await start({ storage: storage.fork() });
    const other = await member(next, "other");
    const back = await online(next, "both", persistent);
    await expect.poll(() => payloads(back)).toEqual(["1", "1"]);
    expect(payloads(other)).toEqual([]);
  });
});

describe("B10: a subscription is refused with 0x80", () => {
  test.for([
    "$share",
    "$share/",
    "$share/g",
    "$share/g/",
    "$share//t",
    "$share/+/t",
    "$share/#",
    `$share/${"g".repeat(1_024)}/t`,
  ])("when it is malformed (%#)", async (filter) => {
    const hub = await start();
    const client = await online(hub, "c");
    expect(await client.subscribe(filter, 1)).toBe(128);
    expect(hub.broker.stats()).toMatchObject({ sharedSubscriptions: 0, subscriptions: 0 });
  });

  test.for(["$share/g#/t", "$share/g+/t", "$share/g/t#", "$share/g/#/t"])(
    "or the connection is closed, when a wildcard shares its level [MQTT-4.7.1-2]: %s",
    async (filter) => {
      const hub = await start();
      const client = await online(hub, "c");
      const ended = client.closed.then(() => "closed");
      expect([128, "closed"]).toContain(await Promise.race([client.subscribe(filter, 1), ended]));
      expect(hub.broker.stats().sharedSubscriptions).toBe(0);
    },
  );

  test("when the rules forbid the filter inside, also when they change and after a restart", async () => {
    const storage = createMemoryStorage();
    const hub = await start({ storage });
    hub.rules.set("u", [{ effect: "allow", action: "both", filter: "t/#" }]);
    const client = await online(hub, "c", { username: "u", clean: false });
    expect(await client.subscribe("$share/g/secret", 1)).toBe(128);
    expect(await client.subscribe("$share/g/#", 1)).toBe(128);
    expect(await client.subscribe("$share/g/t/+", 1)).toBe(1);
    hub.rules.set("u", [{ effect: "allow", action: "both", filter: "other" }]);
    hub.broker.refreshAccess("u");
    expect(hub.broker.stats().sharedSubscriptions).toBe(0);
    await expect.poll(() => [...storage.load().sessions][0]?.subscriptions).toEqual([]);
  });
});
