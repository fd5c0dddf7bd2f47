import { afterEach, describe, expect, test } from "vitest";
import type { BrokerLimits } from "./limits.ts";
import { createRawClient, publishPacket, type RawClient } from "./testing/rawClient.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

let hub: TestBroker;
afterEach(() => hub.stop());

async function start(limits: Partial<BrokerLimits> = {}): Promise<void> {
  hub = await startTestBroker({ limits });
}

async function frozen(filter: string, options: { qos?: 0 | 1; clean?: boolean } = {}): Promise<RawClient> {
  const { qos = 0, clean = true } = options;
  const client = hub.raw({ clientId: "frozen", clean, acknowledges: false });
  await client.subscribe(filter, qos);
  client.socket.pause();
  return client;
}

function statusOf(clientId: string) {
  return hub.broker.clients().find((client) => client.clientId === clientId);
}

/** Publishes until the system's buffers and ours are full, a turn of the event loop for each. */
async function fillUp(topic: string, qos: 0 | 1, isFull: () => boolean): Promise<number> {
  const payload = Buffer.alloc(100_000, "x");
  let sent = 0;
  for (; !isFull(); sent++) {
    void hub.broker.publish({ topic, payload, qos, retain: false });
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sent;
}

describe("B7: a client that does not read", () => {
  test("loses QoS 0 beyond its buffer, each one counted; the others get everything", async () => {
    await start({ socketBufferBytes: 300_000, drainMs: 60_000 });
    await frozen("flood");
    const healthy = hub.raw({ clientId: "healthy" });
    await healthy.subscribe("flood");
    const dropped = () => hub.broker.stats().dropped["too-slow"];
    const sent = await fillUp("flood", 0, () => dropped() >= 20);
    await expect.poll(() => healthy.publishes()).toHaveLength(sent);
    const status = statusOf("frozen");
    expect(status).toMatchObject({ delivered: sent - 20, dropped: 20, queued: 0 });
    expect(statusOf("healthy")).toMatchObject({ delivered: sent, dropped: 0 });
  });

  test("is cut off when nothing has moved for the drain time, counted as slow; one that reads a little stays", async () => {
    await start({ socketBufferBytes: 100_000, drainMs: 150 });
    const stuck = await frozen("flood");
    const slow = hub.raw({ clientId: "slow" });
    await slow.subscribe("flood");
    slow.socket.pause();
    await fillUp("flood", 0, () => hub.broker.stats().dropped["too-slow"] >= 2);
    const sipping = setInterval(() => slow.socket.read(65_536), 30);
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "frozen", cause: "slow" });
    expect(statusOf("slow")?.connection).toBeDefined();
    clearInterval(sipping);
    stuck.socket.destroy();
  });

  test("keeps QoS 1 in its session: after the cut everything comes, once and in order", async () => {
    await start({ socketBufferBytes: 100_000, drainMs: 100, sendWindow: 1_000, queueBytes: 64_000_000 });
    await frozen("flood", { qos: 1, clean: false });
    const sent = await fillUp("flood", 1, () => (statusOf("frozen")?.queued ?? 0) >= 20);
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "frozen", cause: "slow" });
    void hub.broker.publish({ topic: "flood", payload: "last", qos: 1, retain: false });
    const again = hub.raw({ clientId: "frozen", clean: false });
    await again.next("publish", ({ payload }) => payload.toString() === "last");
    const ids = again.publishes().map(({ messageId }) => messageId);
    expect(ids).toEqual(Array.from({ length: sent + 1 }, (_, index) => index + 1));
    expect(hub.broker.stats().dropped["queue-full"]).toBe(0);
  });
});

describe("B8: the send window", () => {
  const publish = (payload: string): void =>
    void hub.broker.publish({ topic: "w", payload, qos: 1, retain: false });

  async function handled(client: RawClient): Promise<void> {
    const before = client.packets.filter(({ cmd }) => cmd === "pingresp").length;
    client.send({ cmd: "pingreq" });
    await expect.poll(() => client.packets.filter(({ cmd }) => cmd === "pingresp").length).toBe(before + 1);
  }

  test("holds 64 by default; the 65th waits in the queue until one is acknowledged", async () => {
    await start();
    const client = hub.raw({ clientId: "client", acknowledges: false });
    await client.subscribe("w", 1);
    for (let index = 1; index <= 65; index++) publish(`${index}`);
    await client.next("publish", ({ payload }) => payload.toString() === "64");
    await handled(client);
    expect(client.publishes()).toHaveLength(64);
    expect(statusOf("client")).toMatchObject({ inFlight: 64, queued: 1 });
    client.send({ cmd: "puback", messageId: client.publishes()[30]?.messageId ?? 0 });
    await client.next("publish", ({ payload }) => payload.toString() === "65");
    expect(statusOf("client")).toMatchObject({ inFlight: 64, queued: 0 });
  });

  test("is freed by packet id: unknown, repeated and early acknowledgements free nothing", async () => {
    await start({ sendWindow: 2 });
    const client = hub.raw({ clientId: "client", acknowledges: false });
    await client.subscribe("w", 1);
    for (const payload of ["1", "2", "3", "4", "5"]) publish(payload);
    const { messageId = 0 } = await client.next("publish", ({ payload }) => payload.toString() === "1");
    client.send({ cmd: "puback", messageId: 9_999 }, { cmd: "pubcomp", messageId: 9_998 });
    await handled(client);
    expect(client.publishes()).toHaveLength(2);
    client.send({ cmd: "puback", messageId }, { cmd: "puback", messageId });
    await client.next("publish", ({ payload }) => payload.toString() === "3");
    await handled(client);
    expect(client.publishes()).toHaveLength(3);
    expect(statusOf("client")).toMatchObject({ inFlight: 2, queued: 2 });
  });

  test(
    "never gives out an id that is still in flight, also when the ids have gone round",
    { timeout: 30_000 },
    async () => {
      await start({ sendWindow: 500 });
      const client = createRawClient({ port: hub.port, clientId: "client", acknowledges: false });
      await client.subscribe("w", 1);
      const rounds = 140;
      const used: number[] = [];
      const isDone = new Promise<void>((resolve) => {
        client.socket.on("data", () => {
          const ids = client.publishes().map(({ messageId = 0 }) => messageId);
          client.packets.length = 0;
          // The very first message is never acknowledged.
          const answered = ids.slice(used.length === 0 ? 1 : 0);
          client.send(...answered.map((messageId) => ({ cmd: "puback", messageId }) as const));
          used.push(...ids);
          if (used.length === rounds * 480) resolve();
          else if (used.length % 480 === 0) publishRound();
        });
      });
      const publishRound = () => {
        for (let index = 0; index < 480; index++) publish("x");
      };
      publishRound();
      await isDone;
      const [first] = used;
      expect(used.lastIndexOf(first ?? 0)).toBe(0);
      expect(used.slice(0, 65_535)).toHaveLength(new Set(used.slice(0, 65_535)).size);
      expect(Math.max(...used.slice(0, 65_535))).toBe(65_535);
      client.socket.destroy();
    },
  );
});

test("B6: a publisher is not slowed by its frozen subscriber", async () => {
  await start({ socketBufferBytes: 100_000, drainMs: 60_000 });
  await frozen("#");
  const publisher = hub.raw({ clientId: "publisher" });
  await publisher.next("connack");
  for (let messageId = 1; messageId <= 500; messageId++)
    publisher.send(publishPacket("t", "x".repeat(10_000), { qos: 1, messageId }));
  await publisher.next("puback", ({ messageId }) => messageId === 500);
  expect(hub.arrivals).toHaveLength(500);
});
