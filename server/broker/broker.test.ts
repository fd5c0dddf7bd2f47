import type { MqttClient } from "mqtt";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { happened, inTurn, startTestBroker, type TestBroker } from "./testing/testBroker.ts";
import { publishPacket } from "./testing/rawClient.ts";

let hub: TestBroker;
beforeEach(async () => {
  hub = await startTestBroker();
});
afterEach(() => hub.stop());

interface Received {
  readonly topic: string;
  readonly text: string;
  readonly qos: number;
  readonly retain: boolean;
}

/** Collects until a message with this text came. */
function collect(client: MqttClient, last: string): Promise<Received[]> {
  const received: Received[] = [];
  return new Promise((resolve) => {
    client.on("message", (topic, payload, { qos, retain }) => {
      received.push({ topic, text: payload.toString(), qos, retain });
      if (payload.toString() === last) resolve(received);
    });
  });
}

describe("delivery", () => {
  test.for([0, 1, 2] as const)(
    "a message published at QoS %i reaches tap and subscriber once, as it was sent",
    async (qos) => {
      const subscriber = await hub.connect();
      await subscriber.subscribeAsync("room/+/t", { qos: 2 });
      const received = collect(subscriber, "end");
      const publisher = await hub.connect({ clientId: "sensor" });
      await publisher.publishAsync("room/north/t", "7.5", { qos });
      await publisher.publishAsync("room/north/t", "end", { qos });

      expect(await received).toEqual([
        { topic: "room/north/t", text: "7.5", qos, retain: false },
        { topic: "room/north/t", text: "end", qos, retain: false },
      ]);
      expect(hub.arrivals).toHaveLength(2);
      expect(hub.arrivals[0]).toMatchObject({
        topic: "room/north/t",
        qos,
        retain: false,
        clientId: "sensor",
        will: false,
      });
      expect(hub.broker.stats().received[qos]).toBe(2);
      expect(hub.broker.stats().delivered[qos]).toBe(2);
    },
  );

  test("the hub's own publish reaches the tap with its origin, and the subscribers", async () => {
    const subscriber = await hub.connect();
    await subscriber.subscribeAsync("lamp/#", { qos: 1 });
    const received = collect(subscriber, "on");
    const origin = { flow: "f", node: "n", run: "r", cause: "c", hops: 1 };
    void hub.broker.publish({ topic: "lamp/hall", payload: "on", qos: 1, retain: false, origin });
    expect(await received).toEqual([{ topic: "lamp/hall", text: "on", qos: 1, retain: false }]);
    expect(hub.arrivals[0]).toMatchObject({ clientId: undefined, epoch: 0, origin });
  });

  test("a flow that publishes to itself is stopped by the hop limit, and counted", () => {
    hub.broker.onMessage(({ topic, origin }) => {
      const hops = (origin?.hops ?? 0) + 1;
      void hub.broker.publish({
        topic,
        payload: "x",
        qos: 0,
        retain: false,
        origin: { flow: "f", node: "n", run: "r", cause: "c", hops },
      });
    });
    void hub.broker.publish({ topic: "loop", payload: "x", qos: 0, retain: false });
    expect(hub.arrivals).toHaveLength(17);
    expect(hub.broker.stats().dropped.hops).toBe(1);
  });

  test("what a tap publishes comes after the message it answers to", async () => {
    hub.broker.onMessage(({ topic }) => {
      if (topic === "a/in")
        void hub.broker.publish({ topic: "a/out", payload: "out", qos: 0, retain: false });
    });
    const subscriber = await hub.connect();
    await subscriber.subscribeAsync("a/#");
    const received = collect(subscriber, "out");
    void hub.broker.publish({ topic: "a/in", payload: "in", qos: 0, retain: false });
    expect((await received).map(({ text }) => text)).toEqual(["in", "out"]);
  });

  test("a listener that throws stops neither the others nor the delivery", async () => {
    hub.broker.onMessage(() => {
      throw new Error("broken listener");
    });
    const seen: string[] = [];
    hub.broker.onMessage(({ topic }) => seen.push(topic));
    const subscriber = await hub.connect();
    await subscriber.subscribeAsync("t");
    const received = collect(subscriber, "x");
    void hub.broker.publish({ topic: "t", payload: "x", qos: 0, retain: false });
    await received;
    expect(seen).toEqual(["t"]);
    expect(hub.broker.stats().routeFailures).toBe(1);
    expect(hub.logged).toContainEqual(
      expect.objectContaining({ text: "A message could not be handed to one of its listeners." }),
    );
  });

  test("overlapping filters give one copy, at the highest QoS granted [MQTT-3.3.5-1]", async () => {
    const subscriber = await hub.connect();
    await subscriber.subscribeAsync({ "p/#": { qos: 0 }, "p/+": { qos: 2 }, "p/a": { qos: 1 } });
    const received = collect(subscriber, "end");
    const publisher = await hub.connect();
    await publisher.publishAsync("p/a", "1", { qos: 2 });
    await publisher.publishAsync("p/a", "end", { qos: 0 });
    expect((await received).map(({ text, qos }) => `${text}/${qos}`)).toEqual(["1/2", "end/0"]);
  });

  test("a wildcard at QoS 1 gets a QoS 2 message at QoS 1 [MQTT-3.8.4-6]", async () => {
    const subscriber = await hub.connect();
    await subscriber.subscribeAsync("p/#", { qos: 1 });
    const received = collect(subscriber, "1");
    await (await hub.connect()).publishAsync("p/a", "1", { qos: 2 });
    expect((await received)[0]?.qos).toBe(1);
  });

  test("all QoS levels of one segment keep their order, retained ones too", async () => {
    const subscriber = hub.raw({ clientId: "subscriber" });
    await subscriber.subscribe("p/#", 2);
    const publisher = hub.raw({ clientId: "publisher" });
    await publisher.next("connack");
    publisher.send(
      publishPacket("p/a", "1", { qos: 1, messageId: 5 }),
      publishPacket("p/b", "2"),
      publishPacket("p/c", "3", { qos: 2, messageId: 6 }),
      publishPacket("p/d", "4", { retain: true }),
      publishPacket("p/e", "5", { qos: 1, messageId: 7 }),
    );
    await subscriber.next("publish", ({ topic }) => topic === "p/e");
    expect(subscriber.publishes().map(({ topic, qos }) => `${topic}/${qos}`)).toEqual([
      "p/a/1",
      "p/b/0",
      "p/c/2",
      "p/d/0",
      "p/e/1",
    ]);
  });

  test("a QoS 2 message that is sent twice is routed once and acknowledged twice [MQTT-4.3.3-2]", async () => {
    const publisher = hub.raw({ clientId: "raw", acknowledges: false });
    await publisher.next("connack");
    const packet = publishPacket("p/a", "1", { qos: 2, messageId: 7 });
    publisher.send(packet, { ...packet, dup: true });
    publisher.send({ cmd: "pingreq" });
    await publisher.next("pingresp");
    await expect.poll(() => publisher.packets.filter(({ cmd }) => cmd === "pubrec")).toHaveLength(2);
    expect(hub.arrivals).toHaveLength(1);
    publisher.send({ cmd: "pubrel", messageId: 7 });
    await publisher.next("pubcomp");
    publisher.send(packet);
    await hub.arrival(() => hub.arrivals.length === 2);
    expect(hub.broker.stats().duplicates).toBe(1);
  });

  test("after UNSUBACK nothing more is delivered for the filter [MQTT-3.10.4-2]", async () => {
    const subscriber = await hub.connect();
    await subscriber.subscribeAsync({ a: { qos: 0 }, b: { qos: 0 } });
    await subscriber.unsubscribeAsync("a");
    const received = collect(subscriber, "end");
    void hub.broker.publish({ topic: "a", payload: "x", qos: 0, retain: false });
    void hub.broker.publish({ topic: "b", payload: "end", qos: 0, retain: false });
    expect((await received).map(({ topic }) => topic)).toEqual(["b"]);
  });

  test("$-topics stay out of the reach of leading wildcards and of publishers [MQTT-4.7.2-1]", async () => {
    const client = await hub.connect();
    await client.subscribeAsync("#", { qos: 1 });
    const received = collect(client, "end");
    await client.publishAsync("$SYS/broker/x", "x", { qos: 1 });
    await client.publishAsync("end", "end", { qos: 1 });
    expect(await received).toHaveLength(1);
    expect(hub.broker.stats().denied.publish).toBe(1);
    expect(() => hub.broker.publish({ topic: "$SYS/x", payload: "", qos: 0, retain: false })).toThrow(
      "cannot be published to",
    );
  });
});

describe("retained messages", () => {
  test("a new subscription gets the last value, marked retained; live messages are not marked", async () => {
    const publisher = await hub.connect();
    await publisher.publishAsync("r/a", "old", { qos: 1, retain: true });
    await publisher.publishAsync("r/a", "new", { qos: 1, retain: true });
    const subscriber = await hub.connect();
    const received = collect(subscriber, "live");
    await subscriber.subscribeAsync({ "r/+": { qos: 0 }, "r/#": { qos: 1 } });
    await expect.poll(() => hub.broker.stats().delivered[1]).toBe(1);
    await publisher.publishAsync("r/a", "live", { qos: 1, retain: true });
    expect(await received).toEqual([
      { topic: "r/a", text: "new", qos: 1, retain: true },
      { topic: "r/a", text: "live", qos: 1, retain: false },
    ]);
    expect(hub.broker.retained("r/#").map(({ payload }) => payload.toString())).toEqual(["live"]);
  });

  test("an empty payload forgets the value and is itself delivered [MQTT-3.3.1-10]", async () => {
    const client = await hub.connect();
    await client.publishAsync("r/a", "x", { qos: 1, retain: true });
    await client.publishAsync("r/a", "", { qos: 1, retain: true });
    expect(hub.broker.retained("#")).toEqual([]);
    expect(hub.arrivals).toHaveLength(2);
  });

  test("the same subscription again replays again [MQTT-3.8.4-3]", async () => {
    void hub.broker.publish({ topic: "r", payload: "x", qos: 0, retain: true });
    const client = hub.raw({ clientId: "raw" });
    await client.subscribe("r");
    await client.subscribe("r");
    await expect.poll(() => client.publishes()).toHaveLength(2);
  });

  test("20,000 retained messages reach a subscriber of # while live messages pass", async () => {
    for (let index = 0; index < 20_000; index++) {
      void hub.broker.publish({ topic: `many/${index}`, payload: "x".repeat(100), qos: 0, retain: true });
    }
    const subscriber = await hub.connect();
    const topics = new Set<string>();
    let live = 0;
    const isDone = new Promise<void>((resolve) => {
      subscriber.on("message", (topic) => {
        if (topic === "live") live++;
        else topics.add(topic);
        if (topics.size === 20_000) resolve();
      });
    });
    await subscriber.subscribeAsync("#");
    void hub.broker.publish({ topic: "live", payload: "now", qos: 0, retain: false });
    await isDone;
    expect(live).toBe(1);
    expect(hub.broker.stats().dropped["too-slow"]).toBe(0);
  });
});

describe("sessions", () => {
  test("a persistent session gets what it missed, in order, before what is live", async () => {
    const options = { clientId: "keeper", clean: false } as const;
    const first = await hub.connect(options);
    await first.subscribeAsync("q/#", { qos: 1 });
    await first.endAsync();
    await hub.change(({ up }) => !up);
    for (let index = 0; index < 200; index++) {
      void hub.broker.publish({ topic: "q/a", payload: `${index}`, qos: 1, retain: false });
    }
    void hub.broker.publish({ topic: "q/a", payload: "volatile", qos: 0, retain: false });
    const second = hub.client(options);
    const received = collect(second, "live");
    await happened(second, "connect");
    void hub.broker.publish({ topic: "q/a", payload: "live", qos: 1, retain: false });
    const expected = [...Array.from({ length: 200 }, (_, index) => `${index}`), "live"];
    expect((await received).map(({ text }) => text)).toEqual(expected);
    expect(hub.broker.stats().sessionsOffline).toBe(0);
  });

  test("a message that was not acknowledged comes again with DUP and its id [MQTT-4.4.0-1]", async () => {
    const first = hub.raw({ clientId: "keeper", clean: false, acknowledges: false });
    await first.subscribe("q", 1);
    void hub.broker.publish({ topic: "q", payload: "1", qos: 1, retain: false });
    const { messageId } = await first.next("publish");
    first.socket.destroy();
    await hub.change(({ up }) => !up);
    const second = hub.raw({ clientId: "keeper", clean: false });
    expect(await second.next("connack")).toMatchObject({ sessionPresent: true });
    expect(await second.next("publish")).toMatchObject({ dup: true, messageId, topic: "q" });
    await expect.poll(() => hub.broker.clients()[0]?.inFlight).toBe(0);
  });

  test("a QoS 2 message that was received goes on with PUBREL, not with a second PUBLISH [MQTT-4.3.3-1]", async () => {
    const first = hub.raw({ clientId: "keeper", clean: false, acknowledges: false });
    await first.subscribe("q", 2);
    void hub.broker.publish({ topic: "q", payload: "1", qos: 2, retain: false });
    const { messageId = 0 } = await first.next("publish");
    first.send({ cmd: "pubrec", messageId });
    await first.next("pubrel");
    first.socket.destroy();
    await hub.change(({ up }) => !up);
    const second = hub.raw({ clientId: "keeper", clean: false });
    expect(await second.next("pubrel")).toMatchObject({ messageId });
    await expect.poll(() => hub.broker.clients()[0]?.inFlight).toBe(0);
    expect(second.publishes()).toEqual([]);
  });

  test("a clean start forgets the session of the same id [MQTT-3.1.2-6]", async () => {
    const first = await hub.connect({ clientId: "keeper", clean: false });
    await first.subscribeAsync("q", { qos: 1 });
    await first.endAsync();
    await hub.change(({ up }) => !up);
    void hub.broker.publish({ topic: "q", payload: "x", qos: 1, retain: false });
    const second = hub.raw({ clientId: "keeper", clean: true });
    expect(await second.next("connack")).toMatchObject({ sessionPresent: false });
    expect(hub.broker.clients()).toMatchObject([{ subscriptions: [], queued: 0 }]);
    expect(hub.broker.stats().dropped["session-removed"]).toBe(1);
  });

  test("a full queue of an absent client drops the oldest, and counts", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { queueMessages: 3 } });
    const first = await hub.connect({ clientId: "keeper", clean: false });
    await first.subscribeAsync("q", { qos: 1 });
    await first.endAsync();
    await hub.change(({ up }) => !up);
    for (const payload of ["1", "2", "3", "4"])
      void hub.broker.publish({ topic: "q", payload, qos: 1, retain: false });
    const received = collect(hub.client({ clientId: "keeper", clean: false }), "4");
    expect((await received).map(({ text }) => text)).toEqual(["2", "3", "4"]);
    expect(hub.broker.stats().dropped["queue-full"]).toBe(1);
  });

  test("no more than the send window waits for acknowledgement, and each one lets the next go", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { sendWindow: 2 } });
    const client = hub.raw({ clientId: "slow-to-ack", acknowledges: false });
    await client.subscribe("w", 1);
    for (const payload of ["1", "2", "3"])
      void hub.broker.publish({ topic: "w", payload, qos: 1, retain: false });
    const second = await client.next("publish", ({ payload }) => payload.toString() === "2");
    client.send({ cmd: "pingreq" });
    await client.next("pingresp");
    expect(client.publishes()).toHaveLength(2);
    client.send({ cmd: "puback", messageId: 60_000 }, { cmd: "puback", messageId: second.messageId ?? 0 });
    await client.next("publish", ({ payload }) => payload.toString() === "3");
    expect(hub.broker.clients()[0]).toMatchObject({ inFlight: 2, queued: 0 });
  });

  test("ends are told with their cause", async () => {
    await (await hub.connect({ clientId: "polite" })).endAsync();
    const gone = await hub.connect({ clientId: "gone" });
    gone.stream.destroy();
    await hub.connect({ clientId: "kicked" });
    expect(hub.broker.kick("kicked")).toBe(true);
    expect(hub.broker.kick("nobody")).toBe(false);
    const mute = hub.raw({ clientId: "mute", keepalive: 1 });
    await mute.next("connack");
    const rude = hub.raw({ clientId: "rude" });
    await rude.next("connack");
    rude.socket.write(Buffer.from([0xff, 0x00]));
    await hub.connect({ clientId: "stays" });
    await hub.change(({ clientId, up }) => clientId === "mute" && !up);
    await hub.change(({ clientId, up }) => clientId === "gone" && !up);
    await hub.broker.stop();
    const causes = hub.changes.filter(({ up }) => !up).map(({ clientId, cause }) => [clientId, cause]);
    expect(Object.fromEntries(causes)).toEqual({
      polite: "disconnect",
      gone: "socket",
      kicked: "kicked",
      mute: "keepalive",
      rude: "protocol",
      stays: "hub-restart",
    });
  });

  test("a takeover is never told as an end: only a newer epoch comes up", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { takeoversPerClient: 20 } });
    const options = {
      clientId: "roamer",
      will: { topic: "state/roamer", payload: Buffer.from("offline"), qos: 1, retain: false },
    } as const;
    await inTurn(20, () => hub.connect(options));
    expect(hub.changes.filter(({ up }) => !up)).toEqual([]);
    const epochs = hub.changes.map(({ epoch }) => epoch);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(new Set(epochs).size).toBe(20);
    expect(hub.changes.at(-1)?.cause).toBe("takeover");
    // Each will came after the newer epoch was known, so that it can be told to be stale.
    expect(hub.arrivals).toHaveLength(19);
    for (const [index, will] of hub.arrivals.entries()) {
      expect(will).toMatchObject({ will: true, epoch: epochs[index] });
    }
    expect(hub.broker.stats()).toMatchObject({ takeovers: 19, sessionsOnline: 1, connections: 1 });
  });

  test("a persistent session moves to the new connection with its subscriptions", async () => {
    const first = await hub.connect({ clientId: "roamer", clean: false });
    await first.subscribeAsync("m", { qos: 1 });
    const second = hub.client({ clientId: "roamer", clean: false });
    const received = collect(second, "x");
    await happened(second, "connect");
    void hub.broker.publish({ topic: "m", payload: "x", qos: 1, retain: false });
    expect(await received).toHaveLength(1);
  });

  test("an empty client id needs a clean session [MQTT-3.1.3-8]", async () => {
    const client = hub.raw({ clientId: "", connects: false });
    client.socket.write(Buffer.from("100c00044d515454040000000000", "hex"));
    expect(await client.next("connack")).toMatchObject({ returnCode: 2 });
    const other = hub.raw({ clientId: "", clean: true });
    expect(await other.next("connack")).toMatchObject({ returnCode: 0 });
  });
});

describe("wills", () => {
  const will = { topic: "state/pump", payload: Buffer.from("offline"), qos: 1, retain: true } as const;

  test("a killed socket publishes the will, before the session is told as down", async () => {
    const order: string[] = [];
    hub.broker.onMessage(() => order.push("will"));
    hub.broker.onSession(({ up }) => order.push(up ? "up" : "down"));
    const client = await hub.connect({ clientId: "pump", will });
    client.stream.destroy();
    const arrival = await hub.arrival(() => true);
    expect(arrival).toMatchObject({ topic: "state/pump", clientId: "pump", will: true, retain: true });
    await hub.change(({ up }) => !up);
    expect(order).toEqual(["up", "will", "down"]);
    expect(hub.broker.retained("state/pump")).toHaveLength(1);
  });

  test("a DISCONNECT publishes none [MQTT-3.14.4-3]", async () => {
    const client = await hub.connect({ clientId: "pump", will });
    await client.endAsync();
    await hub.change(({ up }) => !up);
    expect(hub.arrivals).toEqual([]);
  });

  test("stopping the hub publishes none", async () => {
    await inTurn(5, (index) => hub.connect({ clientId: `pump-${index}`, will }));
    await hub.broker.stop();
    expect(hub.arrivals).toEqual([]);
    expect(hub.broker.stats().connections).toBe(0);
    expect(hub.changes.filter(({ cause }) => cause === "hub-restart")).toHaveLength(5);
  });
});

describe("slow clients", () => {
  test("a frozen subscriber of # takes nothing from the others, drops QoS 0, and is cut off", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { drainMs: 400 } });
    const frozen = hub.raw({ clientId: "frozen" });
    await frozen.subscribe("#");
    frozen.socket.pause();
    const healthy = await hub.connect({ clientId: "healthy" });
    await healthy.subscribeAsync("other");
    const received = collect(healthy, "99");
    const publisher = await hub.connect({ clientId: "publisher" });
    const big = Buffer.alloc(100_000, "x");
    await inTurn(100, async (index) => {
      await publisher.publishAsync("flood", big, { qos: 1 });
      publisher.publish("other", `${index}`);
    });
    expect(await received).toHaveLength(100);
    expect(hub.arrivals).toHaveLength(200);
    expect(hub.broker.stats().dropped["too-slow"]).toBeGreaterThan(10);
    expect(await hub.change(({ up }) => !up)).toMatchObject({ clientId: "frozen", cause: "slow" });
    expect(
      hub.broker
        .clients()
        .map(({ clientId }) => clientId)
        .toSorted(),
    ).toEqual(["healthy", "publisher"]);
  });
});
