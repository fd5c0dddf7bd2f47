import { afterEach, beforeEach, expect, test } from "vitest";
import { tracePacketsMax, tracesMax } from "./packetTraces.ts";
import { publishPacket } from "./testing/rawClient.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

let hub: TestBroker;
let due: { run: () => void; delayMs: number }[];
beforeEach(async () => {
  due = [];
  hub = await startTestBroker({
    schedule(run, delayMs) {
      const timer = { run, delayMs };
      due.push(timer);
      return () => {
        due = due.filter((other) => other !== timer);
      };
    },
  });
});
afterEach(() => hub.stop());

const minute = 60_000;
const shown = (id: string) =>
  hub.broker.traces.packets(id)?.map(({ clientId, direction, type }) => `${clientId} ${direction} ${type}`);

test("B42: a trace of a client shows its packets in both directions, over a reconnect, and no payload", async () => {
  const other = hub.raw({ clientId: "other" });
  await other.next("connack");
  const first = hub.raw({ clientId: "pump" });
  await first.next("connack");
  const trace = hub.broker.traces.start({ clientId: "pump", durationMs: minute });
  first.send(publishPacket("t/a", "secret words", { qos: 1, messageId: 5 }));
  await first.next("puback");
  other.send(publishPacket("t/a", "x", { qos: 1, messageId: 5 }));
  await other.next("puback");
  first.send({ cmd: "disconnect" });
  await hub.change(({ up }) => !up);
  const second = hub.raw({ clientId: "pump" });
  await second.next("connack");
  await second.subscribe("t/+", 1);
  const id = trace?.id ?? "";
  expect(shown(id)).toEqual([
    "pump in publish",
    "pump out puback",
    "pump in disconnect",
    "pump out connack",
    "pump in subscribe",
    "pump out suback",
  ]);
  const packets = hub.broker.traces.packets(id) ?? [];
  expect(packets[0]).toMatchObject({
    seq: 0,
    bytes: 2 + 2 + 3 + 2 + 12,
    packetId: 5,
    topic: "t/a",
    qos: 1,
    retain: false,
    dup: false,
    payloadBytes: 12,
  });
  expect(packets[4]).toMatchObject({ filters: ["t/+"] });
  expect(packets[5]).toMatchObject({ codes: [1] });
  expect(JSON.stringify(packets)).not.toContain("secret");
});

test("B42: a trace of a filter shows the messages of all clients that match it, from whom and to whom", async () => {
  const subscriber = hub.raw({ clientId: "subscriber" });
  await subscriber.subscribe("room/#");
  const id = hub.broker.traces.start({ filter: "room/+/t", durationMs: minute })?.id ?? "";
  const publisher = hub.raw({ clientId: "publisher" });
  await publisher.next("connack");
  publisher.send(
    publishPacket("room/a/t", "1"),
    publishPacket("room/a/h", "2"),
    publishPacket("room/b/t", "3"),
  );
  await subscriber.next("publish", ({ topic }) => topic === "room/b/t");
  expect(
    hub.broker.traces.packets(id)?.map(({ clientId, direction, topic }) => [clientId, direction, topic]),
  ).toEqual([
    ["publisher", "in", "room/a/t"],
    ["publisher", "in", "room/b/t"],
    ["subscriber", "out", "room/a/t"],
    ["subscriber", "out", "room/b/t"],
  ]);
});

test("a trace keeps the last 10,000 packets and counts all", async () => {
  const id = hub.broker.traces.start({ clientId: "busy", durationMs: minute })?.id ?? "";
  const client = hub.raw({ clientId: "busy" });
  await client.next("connack");
  const half = Array.from({ length: 500 }, () => publishPacket("t", "x"));
  for (let round = 0; round < 20; round++) client.send(...half);
  client.send({ cmd: "pingreq" });
  await client.next("pingresp");
  // CONNACK, messages, PINGREQ, PINGRESP.
  expect(hub.broker.traces.list()).toMatchObject([{ id, seen: 10_003, isRunning: true }]);
  const packets = hub.broker.traces.packets(id) ?? [];
  expect(packets).toHaveLength(tracePacketsMax);
  expect(packets[0]?.seq).toBe(3);
  expect(packets.at(-1)).toMatchObject({ seq: 10_002, type: "pingresp" });
});

test("a trace ends by itself, after 30 minutes at most; its packets stay until it is removed", async () => {
  const client = hub.raw({ clientId: "c" });
  await client.next("connack");
  const trace = hub.broker.traces.start({ clientId: "c", durationMs: 31 * minute });
  const id = trace?.id ?? "";
  expect(trace).toMatchObject({ isRunning: true, endsAt: (trace?.startedAt ?? 0) + 30 * minute });
  client.send({ cmd: "pingreq" });
  await client.next("pingresp");
  due.find(({ delayMs }) => delayMs === 30 * minute)?.run();
  client.send(publishPacket("t", "x", { qos: 1, messageId: 1 }));
  await client.next("puback");
  expect(hub.broker.traces.list()).toMatchObject([{ id, isRunning: false, seen: 2 }]);
  expect(shown(id)).toEqual(["c in pingreq", "c out pingresp"]);
  expect(hub.broker.traces.remove(id)).toBe(true);
  expect(hub.broker.traces.remove(id)).toBe(false);
  expect(hub.broker.traces.packets(id)).toBeUndefined();
});

test("no more than three run at once; one that has ended makes room", () => {
  const start = () => hub.broker.traces.start({ clientId: "c", durationMs: 2 * minute });
  const ids = Array.from({ length: tracesMax }, () => start()?.id ?? "");
  expect(start()).toBeUndefined();
  due.find(({ delayMs }) => delayMs === 2 * minute)?.run();
  expect(start()?.id).toBe("4");
  expect(hub.broker.traces.list().map(({ id }) => id)).toEqual([...ids.slice(1), "4"]);
});
