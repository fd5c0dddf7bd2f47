import { afterEach, beforeEach, expect, test } from "vitest";
import { generate } from "mqtt-packet";
import { publishPacket } from "./testing/rawClient.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";
import { byPacketType, totalOf } from "./packetTypes.ts";

let hub: TestBroker;
let at = 0;
let ticks: (() => void)[];

beforeEach(async () => {
  at = 1_700_000_000_000;
  ticks = [];
  hub = await startTestBroker({ now: () => at, schedule: (run) => (ticks.push(run), () => {}) });
});
afterEach(() => hub.stop());

test("B41: packets and bytes of both directions are counted by type, also those aedes writes itself", async () => {
  const client = hub.raw({ clientId: "c" });
  let [written, read] = [0, 0];
  client.socket.on("data", (chunk: Buffer) => (read += chunk.length));
  await client.next("connack");
  await client.subscribe("t/#", 2);
  for (const [index, qos] of ([0, 1, 2] as const).entries())
    client.send(publishPacket("t/a", "x".repeat(300), { qos, ...(qos > 0 && { messageId: index + 1 }) }));
  client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: ["t/#"] }, { cmd: "pingreq" });
  await client.next("pingresp");
  await client.next("unsuback");
  await expect.poll(() => client.packets.filter(({ cmd }) => cmd === "pubcomp")).toHaveLength(1);
  await expect.poll(() => hub.broker.clients()[0]?.inFlight).toBe(0);
  const { traffic } = hub.broker.stats();
  const [inbound, outbound] = [traffic.received, traffic.sent].map(({ packets }) => byPacketType(packets));
  const handshakes = { puback: 1, pubrec: 1, pubrel: 1, pubcomp: 1 };
  expect(inbound).toEqual({
    ...handshakes,
    connect: 1,
    subscribe: 1,
    publish: 3,
    unsubscribe: 1,
    pingreq: 1,
  });
  expect(outbound).toEqual({
    ...handshakes,
    connack: 1,
    suback: 1,
    publish: 3,
    unsuback: 1,
    pingresp: 1,
  });
  written = client.socket.bytesWritten;
  expect(totalOf(traffic.received.bytes)).toBe(written);
  expect(totalOf(traffic.sent.bytes)).toBe(read);
});

test("bytes over WebSocket are those of MQTT", async () => {
  const client = await hub.connect({
    protocol: "ws",
    path: "/mqtt",
    port: Number(new URL(hub.webSocketUrl).port),
  });
  await client.publishAsync("t", "x", { qos: 1 });
  const { traffic } = hub.broker.stats();
  expect(byPacketType(traffic.received.packets)).toEqual({ connect: 1, publish: 1 });
  expect(byPacketType(traffic.sent.bytes)).toEqual({
    connack: 4,
    puback: generate({ cmd: "puback", messageId: 1 }).length,
  });
});

test("B42: a client's rates look back about a minute, and end with its messages", async () => {
  const client = await hub.connect({ clientId: "busy" });
  await client.subscribeAsync("t");
  for (let index = 0; index < 59; index++) client.publish("t", "x");
  await client.publishAsync("t", "x", { qos: 1 });
  at += 30_000;
  expect(hub.broker.client("busy")?.connection).toMatchObject({ receivedPerS: 2, sentPerS: 2 });
  for (let later = 0; later < 2; later++) {
    for (const tick of ticks.splice(0)) tick();
    at += 30_000;
  }
  expect(hub.broker.client("busy")?.connection).toMatchObject({ receivedPerS: 0, sentPerS: 0 });
});

test("B41: delays to the write and in the listeners are measured", async () => {
  const subscriber = hub.raw({ clientId: "s" });
  await subscriber.subscribe("t");
  for (let index = 0; index < 100; index++)
    void hub.broker.publish({ topic: "t", payload: "x", qos: 0, retain: false });
  await expect.poll(() => subscriber.publishes()).toHaveLength(100);
  const { writeDelay, tapTime } = hub.broker.stats();
  expect(totalOf(writeDelay.counts)).toBe(100);
  expect(writeDelay.sum).toBeGreaterThan(0);
  // The first and the 65th message.
  expect(totalOf(tapTime.counts)).toBe(2);
});
