import { afterEach, beforeEach, expect, test } from "vitest";
import type { AclRule } from "./broker.ts";
import type { RawClient } from "./testing/rawClient.ts";
import { everything, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

const START = 1_700_000_000_000;
const admin: readonly AclRule[] = [...everything, { effect: "allow", action: "both", filter: "$SYS/#" }];

let hub: TestBroker;
let at: number;
let ticks: (() => void)[];

beforeEach(async () => {
  at = START;
  ticks = [];
  hub = await startTestBroker({
    version: "1.2.3",
    now: () => at,
    schedule: (run, delayMs) => {
      if (delayMs !== 10_000) return () => {};
      ticks.push(run);
      return () => {
        ticks = [];
      };
    },
  });
  hub.rules.set("admin", admin);
});
afterEach(() => hub.stop());

function tenSecondsLater(): void {
  at += 10_000;
  for (const tick of ticks.splice(0)) tick();
}

function admitted(clientId: string): RawClient {
  return hub.raw({ clientId, username: "admin" });
}

function values(client: RawClient): Record<string, string> {
  return Object.fromEntries(client.publishes().map(({ topic, payload }) => [topic, payload.toString()]));
}

const names = (kind: string) => ["1min", "5min", "15min"].map((span) => `$SYS/broker/load/${kind}/${span}`);
const topics = [
  "version uptime messages/received messages/sent publish/messages/received publish/messages/sent",
  "clients/connected clients/disconnected clients/total clients/maximum clients/expired",
  "publish/messages/dropped bytes/received bytes/sent publish/bytes/received publish/bytes/sent",
  "subscriptions/count shared_subscriptions/count store/messages/count store/messages/bytes",
]
  .flatMap((line) => line.split(" "))
  .concat("retained messages/count")
  .map((name) => `$SYS/broker/${name}`);
const loads = [
  "messages/received messages/sent publish/received publish/sent publish/dropped",
  "bytes/received bytes/sent sockets connections",
]
  .flatMap((line) => line.split(" "))
  .flatMap(names);

test("B40: a new subscription gets every value at once, retained, under Mosquitto's names", async () => {
  const client = admitted("dashboard");
  expect(await client.subscribe("$SYS/#", 1)).toBe(1);
  await expect.poll(() => client.publishes()).toHaveLength(topics.length + loads.length);
  const read = values(client);
  expect(Object.keys(read).toSorted()).toEqual([...topics, ...loads].toSorted());
  expect(client.publishes().every(({ retain }) => retain)).toBe(true);
  expect(read["$SYS/broker/version"]).toBe("millrace version 1.2.3");
  expect(read["$SYS/broker/uptime"]).toBe("0 seconds");
  expect(read["$SYS/broker/load/sockets/1min"]).toBe("0.00");
});

test("B40: every 10 s what has changed is told, and nothing else", async () => {
  const client = admitted("dashboard");
  await client.subscribe("$SYS/broker/clients/#");
  await client.subscribe("$SYS/broker/uptime");
  await expect.poll(() => client.publishes()).toHaveLength(6);
  await hub.connect({ clientId: "other" });
  tenSecondsLater();
  await client.next("publish", ({ retain, topic }) => !retain && topic === "$SYS/broker/uptime");
  const live = client.publishes().slice(6);
  expect(live.map(({ topic, payload }) => [topic, payload.toString()])).toEqual([
    ["$SYS/broker/uptime", "10 seconds"],
    ["$SYS/broker/clients/connected", "2"],
    ["$SYS/broker/clients/total", "2"],
    ["$SYS/broker/clients/maximum", "2"],
  ]);
  tenSecondsLater();
  await client.next("publish", ({ payload }) => payload.toString() === "20 seconds");
  expect(client.publishes()).toHaveLength(11);
});

test("B40: loads are exponential averages per minute with two decimals", async () => {
  const client = admitted("dashboard");
  await client.subscribe("$SYS/broker/load/publish/received/#");
  await expect.poll(() => client.publishes()).toHaveLength(3);
  const publisher = await hub.connect({ clientId: "publisher" });
  for (let index = 0; index < 10; index++) publisher.publish("t", "x");
  await publisher.publishAsync("t", "x", { qos: 1 });
  tenSecondsLater();
  // 11 messages in 10 s are 66 a minute; weight 1 - e^(-10/60).
  const first = 66 * (1 - Math.exp(-10 / 60));
  await expect.poll(() => values(client)["$SYS/broker/load/publish/received/1min"]).toBe(first.toFixed(2));
  tenSecondsLater();
  await expect
    .poll(() => values(client)["$SYS/broker/load/publish/received/1min"])
    .toBe((first * Math.exp(-10 / 60)).toFixed(2));
});

test("B34: only a rule that names $SYS lets a client read it; # and + never do, and nobody writes it", async () => {
  const client = hub.raw({ clientId: "curious" });
  await client.next("connack");
  expect(await client.subscribe("$SYS/#")).toBe(128);
  expect(await client.subscribe("$SYS/broker/uptime")).toBe(128);
  expect(await client.subscribe("#")).toBe(0);
  expect(await client.subscribe("+/broker/uptime")).toBe(0);
  const other = admitted("dashboard");
  expect(await other.subscribe("#")).toBe(0);
  expect(await other.subscribe("$SYS/broker/uptime")).toBe(0);
  await other.next("publish");
  other.send({ cmd: "publish", topic: "$SYS/broker/uptime", payload: "0", qos: 0, retain: true, dup: false });
  await expect.poll(() => hub.broker.stats().denied.publish).toBe(1);
  tenSecondsLater();
  await other.next("publish", ({ payload }) => payload.toString() === "10 seconds");
  expect(other.publishes().map(({ payload }) => payload.toString())).toEqual(["0 seconds", "10 seconds"]);
  expect(client.publishes()).toEqual([]);
});

test("the hub's listeners and its retained messages know nothing of $SYS", async () => {
  const client = admitted("dashboard");
  await client.subscribe("$SYS/#");
  tenSecondsLater();
  await client.next("publish", ({ retain }) => !retain);
  expect(hub.arrivals).toEqual([]);
  expect(hub.broker.retained("#")).toEqual([]);
  expect(hub.broker.retained("$SYS/#")).toEqual([]);
  expect(hub.broker.stats().retainedCount).toBe(0);
});

test("a rule that is taken back ends the values with the next one", async () => {
  const client = admitted("dashboard");
  await client.subscribe("$SYS/broker/uptime");
  await client.next("publish");
  hub.rules.set("admin", everything);
  hub.broker.refreshAccess("admin");
  tenSecondsLater();
  client.send({ cmd: "pingreq" });
  await client.next("pingresp");
  expect(client.publishes()).toHaveLength(1);
});

test("values of the past wait for nobody, also not for a session that is kept", async () => {
  const away = hub.raw({ clientId: "dashboard", username: "admin", clean: false });
  await away.subscribe("$SYS/#", 1);
  away.send({ cmd: "disconnect" });
  await hub.change(({ up }) => !up);
  tenSecondsLater();
  expect(hub.broker.client("dashboard")).toMatchObject({ queued: 0, inFlight: 0 });
});

test("when the broker stops, the clock stops", async () => {
  expect(ticks).toHaveLength(1);
  await hub.broker.stop();
  expect(ticks).toEqual([]);
});
