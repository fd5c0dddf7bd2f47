// Clients that have no CONNACK yet: how much they may send, how long they may take, and what they cost (B29, B30).
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { brokerLimits } from "./limits.ts";
import { openExchange, type Exchange } from "./testing/exchange.ts";
import { connectBytes, number16, packetBytes, text } from "./testing/packetBytes.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

const MEGABYTE = 1024 * 1024;
let hub: TestBroker;
const exchanges: Exchange[] = [];
afterEach(async () => {
  for (const { socket } of exchanges.splice(0)) socket.destroy();
  await hub.stop();
});

function open(): Exchange {
  const exchange = openExchange(hub.port);
  exchanges.push(exchange);
  return exchange;
}

/** A CONNECT of so many bytes in all, of which the last ones can be held back. */
function largeConnect(bytes: number): Buffer {
  const rest = bytes - connectBytes({ flags: 0x06, payload: [text("c"), text("w"), text("")] }).length;
  return connectBytes({ flags: 0x06, payload: [text("c"), text("w"), text(Buffer.alloc(rest - 2, "x"))] });
}

function publishes(count: number): Buffer {
  return Buffer.concat(
    Array.from({ length: count }, (_, index) => packetBytes(0x30, text("behind"), number16(index))),
  );
}

test("B29: a stranger who announces 200 MB is closed from the header (D16)", async () => {
  hub = await startTestBroker();
  const before = process.memoryUsage().rss;
  const exchange = open();
  exchange.send(Buffer.from("108084af5f", "hex"));
  expect(await exchange.rest()).toBe("");
  expect(process.memoryUsage().rss - before).toBeLessThan(20 * MEGABYTE);
  expect(hub.broker.stats()).toMatchObject({ refused: { "too-large": 1 }, connections: 0 });
});

test("B29: a CONNECT of 64 KiB is accepted, one byte more is not", async () => {
  hub = await startTestBroker();
  const exact = open();
  exact.send(largeConnect(brokerLimits.packetBytesBeforeConnack));
  expect(await exact.receive(4)).toBe("20020000");
  const larger = open();
  larger.send(largeConnect(brokerLimits.packetBytesBeforeConnack + 1));
  expect(await larger.rest()).toBe("");
});

test("B29: the CONNECT must be complete in time: silence, half of it, and one byte after the other", async () => {
  hub = await startTestBroker({ limits: { connectMs: 300 } });
  const startMs = performance.now();
  open();
  open().send(connectBytes().subarray(0, 9));
  const slow = open();
  const bytes = largeConnect(100);
  let sent = 0;
  const trickle = setInterval(() => {
    if (sent < bytes.length) slow.send(bytes.subarray(sent, ++sent));
  }, 20);
  await Promise.all(exchanges.map(({ closed }) => closed));
  clearInterval(trickle);
  expect(performance.now() - startMs).toBeGreaterThan(250);
  expect(sent).toBeLessThan(50);
  expect(hub.broker.stats().refused).toEqual({ "connect-timeout": 3 });
  await expect.poll(() => hub.broker.stats().connections).toBe(0);
});

test("B29: strangers together hold no more than their share, and each costs less than 1 MB", async () => {
  const share = 8 * MEGABYTE;
  hub = await startTestBroker({ limits: { unauthenticatedBytes: share } });
  const held = largeConnect(brokerLimits.packetBytesBeforeConnack);
  const room = Math.floor(share / (held.length - 1));
  const before = process.memoryUsage().rss;
  const refusals = (): number => hub.broker.stats().refused["unauthenticated-bytes"] ?? 0;
  for (let index = 0; index <= room; index++) open().send(held.subarray(0, -1));
  await expect.poll(() => [refusals(), hub.broker.stats().connections]).toEqual([1, room]);
  expect((process.memoryUsage().rss - before) / room).toBeLessThan(MEGABYTE);

  const [admitted, gone] = exchanges.filter(({ socket }) => !socket.closed);
  admitted?.send(held.subarray(-1));
  expect(await admitted?.receive(4)).toBe("20020000");
  gone?.socket.destroy();
  await expect.poll(() => hub.broker.stats().connections).toBe(room - 1);
  // Both gave their share back: there is room for two and no third.
  for (let index = 0; index < 3; index++) open().send(held.subarray(0, -1));
  await expect.poll(() => [refusals(), hub.broker.stats().connections]).toEqual([2, room + 1]);
});

test.for([60, 1_000])("D17, B30: %i packets behind CONNECT arrive, in order", async (count) => {
  hub = await startTestBroker();
  const exchange = open();
  exchange.send(Buffer.concat([connectBytes(), publishes(count), packetBytes(0xc0).subarray(0, 1)]));
  expect(await exchange.receive(4)).toBe("20020000");
  await hub.arrival(() => hub.arrivals.length === count);
  const order = hub.arrivals.map(({ payload }) => Buffer.from(payload).readUInt16BE());
  expect(order).toEqual(Array.from({ length: count }, (_, index) => index));
  exchange.send(Buffer.from([0]));
  expect(await exchange.receive(2)).toBe("d000");
});

test("D17, B30: 1,001 packets behind CONNECT end the connection, and none arrives", async () => {
  hub = await startTestBroker();
  const exchange = open();
  exchange.send(Buffer.concat([connectBytes(), publishes(1_001)]));
  expect(await exchange.rest()).toBe("");
  expect(hub.broker.stats().refused).toEqual({ "packets-behind-connect": 1 });
  expect(hub.arrivals).toEqual([]);
});

test("B32a: over WebSocket, packets may span frames, and are held to the same rules", async () => {
  hub = await startTestBroker();
  const socket = new WebSocket(hub.webSocketUrl, "mqtt");
  const answers: Buffer[] = [];
  socket.on("message", (data: Buffer) => answers.push(data));
  await new Promise((resolve) => {
    socket.once("open", resolve);
  });
  const bytes = Buffer.concat([connectBytes(), publishes(3), packetBytes(0xc0)]);
  for (const byte of bytes) socket.send(Buffer.from([byte]));
  await expect.poll(() => Buffer.concat(answers).toString("hex")).toBe("20020000d000");
  expect(hub.arrivals).toHaveLength(3);
  const closed = new Promise((resolve) => {
    socket.once("close", resolve);
  });
  socket.send(packetBytes(0x30, text("a/#")));
  await closed;
  expect(hub.broker.stats().refused).toEqual({ "topic-wildcard": 1 });
});
