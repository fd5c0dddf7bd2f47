import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generate, type IPublishPacket, type Packet } from "mqtt-packet";
import {
  createRawClient,
  publishPacket,
  type RawClient,
  type RawClientOptions,
} from "./testing/rawClient.ts";
import { everything, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

/** What clients of MQTT 3.1.1 may rely on, one scenario each, as a client sees it: nothing here looks inside. */
let hub: TestBroker;
let port = 0;
const clients: RawClient[] = [];
let count = 0;

beforeAll(async () => {
  hub = await startTestBroker();
  ({ port } = hub);
  hub.rules.set("guest", [...everything, { effect: "deny", action: "subscribe", filter: "hidden/#" }]);
});
afterAll(async () => {
  for (const { socket } of clients) socket.destroy();
  await hub.stop();
});

/** Names and topics that no other scenario uses. */
const unique = (name: string): string => `${name}-${++count}`;

function raw(options: Partial<Omit<RawClientOptions, "port">> = {}): RawClient {
  const client = createRawClient({ port, clientId: unique("client"), ...options });
  clients.push(client);
  return client;
}

async function online(options: Partial<Omit<RawClientOptions, "port">> = {}): Promise<RawClient> {
  const client = raw(options);
  expect(await client.next("connack")).toMatchObject({ returnCode: 0 });
  return client;
}

/** Says good-bye, and waits until the broker has closed. */
async function leave(client: RawClient): Promise<void> {
  client.send({ cmd: "disconnect" });
  await client.closed;
}

/** Publishes, and waits for the whole handshake. */
async function publish(
  client: RawClient,
  topic: string,
  payload: string,
  options: { qos?: 0 | 1 | 2; retain?: boolean } = {},
): Promise<void> {
  const messageId = 1_000 + ++count;
  client.send(publishPacket(topic, payload, { ...options, messageId }));
  if (options.qos === 1) await client.next("puback", (packet) => packet.messageId === messageId);
  else if (options.qos === 2) await client.next("pubcomp", (packet) => packet.messageId === messageId);
  else await ping(client);
}

/** After its answer everything the broker had for this client before has been sent. */
async function ping(client: RawClient): Promise<void> {
  const answers = (): number => client.packets.filter(({ cmd }) => cmd === "pingresp").length;
  const before = answers();
  client.send({ cmd: "pingreq" });
  await expect.poll(answers, { interval: 2 }).toBeGreaterThan(before);
}

const shown = ({ topic, payload, qos, retain }: IPublishPacket) => [topic, payload.toString(), qos, retain];
const texts = (client: RawClient): string[] => client.publishes().map(({ payload }) => payload.toString());

describe("connecting", () => {
  test("[MQTT-3.1.0-2] a second CONNECT ends the connection", async () => {
    const client = await online({ clientId: "twice" });
    client.send(connectPacket({ clientId: "twice" }));
    await client.closed;
    expect(client.packets.map(({ cmd }) => cmd)).toEqual(["connack"]);
  });

  test.for([
    ["another protocol name [MQTT-3.1.2-1]", { protocolId: "HTTP" }],
    ["a level nobody knows [MQTT-3.1.2-2]", { protocolVersion: 9 }],
  ])("%s is not let in", async ([, wish]) => {
    const client = raw({ connects: false });
    client.socket.write(generatedConnect(wish as object));
    await client.closed;
    const answer = client.packets.find(({ cmd }) => cmd === "connack");
    expect([undefined, 1]).toContain(answer && "returnCode" in answer ? answer.returnCode : undefined);
  });

  test("MQTT 3.1 with its own name and level is let in", async () => {
    const client = raw({ connects: false });
    client.send(connectPacket({ clientId: unique("old"), protocolId: "MQIsdp", protocolVersion: 3 }));
    expect(await client.next("connack")).toMatchObject({ returnCode: 0 });
  });

  test("[MQTT-3.1.3-8] no client id with a session to keep is refused with code 2", async () => {
    const client = raw({ connects: false });
    const bytes = generate(connectPacket({ clientId: "" }));
    // No encoder writes what must be refused: the flag for a clean session is taken out by hand.
    bytes[9] = 0;
    client.socket.write(bytes);
    expect(await client.next("connack")).toMatchObject({ returnCode: 2, sessionPresent: false });
    await client.closed;
  });

  test("[MQTT-3.1.3-6] several clients without an id get along", async () => {
    const [one, other] = [await online({ clientId: "" }), await online({ clientId: "" })];
    await ping(one);
    await ping(other);
    expect([one.socket.destroyed, other.socket.destroyed]).toEqual([false, false]);
  });

  test("[MQTT-3.1.4-2] whoever brings the same client id takes over", async () => {
    const clientId = unique("same");
    const before = await online({ clientId });
    const after = await online({ clientId });
    await before.closed;
    await ping(after);
    expect(after.socket.destroyed).toBe(false);
  });

  test("[MQTT-3.2.2-1] to [MQTT-3.2.2-3] CONNACK tells whether there is a session", async () => {
    const clientId = unique("kept");
    const present: unknown[] = [];
    for (const clean of [true, false, false, true, false]) {
      const client = await online({ clientId, clean });
      present.push((await client.next("connack")).sessionPresent);
      await leave(client);
    }
    expect(present).toEqual([false, false, true, false, false]);
  });

  test("[MQTT-3.1.2-24] a silent client is cut off after one and a half of its keep-alive, and its will goes out", async () => {
    const topic = unique("will");
    const watcher = await online();
    await watcher.subscribe(topic, 2);
    const silent = await online({ keepalive: 1, will: { topic, payload: "silent", qos: 1 } });
    const since = Date.now();
    await silent.closed;
    expect(Date.now() - since).toBeGreaterThanOrEqual(1_000);
    expect(shown(await watcher.next("publish"))).toEqual([topic, "silent", 1, false]);
  });

  test("[MQTT-3.12.4-1] a client that pings stays", async () => {
    const client = await online({ keepalive: 1 });
    const pinging = setInterval(() => client.send({ cmd: "pingreq" }), 400);
    const ended = await Promise.race([client.closed.then(() => true), ticks(2_000)]);
    clearInterval(pinging);
    expect(ended).toBe(false);
  });
});

describe("publishing", () => {
  test("each QoS arrives with its handshake, in the order it was sent", async () => {
    const topic = unique("basic");
    const client = await online();
    expect(await client.subscribe(topic, 2)).toBe(2);
    for (const qos of [0, 1, 2] as const) await publish(client, topic, `qos ${qos}`, { qos });
    await client.next("publish", ({ qos }) => qos === 2);
    expect(client.publishes().map(shown)).toEqual([
      [topic, "qos 0", 0, false],
      [topic, "qos 1", 1, false],
      [topic, "qos 2", 2, false],
    ]);
  });

  test("[MQTT-4.6.0-6] many messages of one publisher keep their order", async () => {
    const topic = unique("order");
    const [subscriber, publisher] = [await online(), await online()];
    await subscriber.subscribe(topic, 1);
    const all = Array.from({ length: 300 }, (_, index) => `${index}`);
    publisher.send(
      ...all.map((payload, index) => publishPacket(topic, payload, { qos: 1, messageId: index + 1 })),
    );
    await expect.poll(() => texts(subscriber)).toEqual(all);
  });

  test("[MQTT-4.3.3-2] a QoS 2 message that comes twice before its PUBREL is one message", async () => {
    const topic = unique("once");
    const [subscriber, publisher] = [await online(), await online({ acknowledges: false })];
    await subscriber.subscribe(topic, 2);
    const packet = publishPacket(topic, "x", { qos: 2, messageId: 7 });
    publisher.send(packet, { ...packet, dup: true });
    await expect.poll(() => publisher.packets.filter(({ cmd }) => cmd === "pubrec").length).toBe(2);
    publisher.send({ cmd: "pubrel", messageId: 7 });
    await publisher.next("pubcomp");
    await ping(subscriber);
    expect(texts(subscriber)).toEqual(["x"]);
  });

  test("[MQTT-4.7.3-1] topics differ in case and in a leading slash, and may hold spaces; a payload may be empty", async () => {
    const topic = unique("Topic with spaces");
    const client = await online();
    await client.subscribe(topic, 0);
    for (const other of [`/${topic}`, topic.toUpperCase(), `${topic}/`])
      await publish(client, other, "wrong");
    await publish(client, topic, "");
    expect(client.publishes().map(shown)).toEqual([[topic, "", 0, false]]);
  });
});

describe("retained messages", () => {
  test("[MQTT-3.3.1-6] come with a new subscription, at their QoS, and [MQTT-3.3.1-10] go with an empty one", async () => {
    const root = unique("retained");
    const publisher = await online();
    for (const qos of [0, 1, 2] as const)
      await publish(publisher, `${root}/${qos}`, `${qos}`, { qos, retain: true });
    const first = await online();
    await first.subscribe(`${root}/+`, 2);
    await expect
      .poll(() =>
        first
          .publishes()
          .map(shown)
          .toSorted(([one = ""], [other = ""]) => (one < other ? -1 : 1)),
      )
      .toEqual([0, 1, 2].map((qos) => [`${root}/${qos}`, `${qos}`, qos, true]));
    for (const qos of [0, 1, 2] as const)
      await publish(publisher, `${root}/${qos}`, "", { qos, retain: true });
    const second = await online();
    await second.subscribe(`${root}/+`, 2);
    await publish(second, `${root}/end`, "end");
    expect(texts(second)).toEqual(["end"]);
  });

  test("[MQTT-3.8.4-3] come again when the same filter is subscribed again", async () => {
    const topic = unique("again");
    const client = await online();
    await publish(client, topic, "kept", { qos: 1, retain: true });
    await client.subscribe(topic, 1);
    await client.subscribe(topic, 0);
    await expect
      .poll(() => client.publishes().map(({ qos, retain }) => [qos, retain]))
      .toEqual([
        [1, true],
        [0, true],
      ]);
  });

  test("[MQTT-3.3.1-9] reach those who listen already without the flag, and [MQTT-3.3.1-12] others replace none", async () => {
    const topic = unique("live");
    const [listener, publisher] = [await online(), await online()];
    await listener.subscribe(topic, 0);
    await publish(publisher, topic, "kept", { retain: true });
    await publish(publisher, topic, "passing");
    const late = await online();
    await late.subscribe(topic, 0);
    expect((await late.next("publish")).payload.toString()).toBe("kept");
    await ping(listener);
    expect(listener.publishes().map(shown)).toEqual([
      [topic, "kept", 0, false],
      [topic, "passing", 0, false],
    ]);
  });
});

describe("subscribing", () => {
  test("[MQTT-3.3.5-1] overlapping filters bring one message, at the highest of their QoS", async () => {
    const root = unique("overlap");
    const client = await online();
    client.send({
      cmd: "subscribe",
      messageId: 5,
      subscriptions: [
        { topic: `${root}/#`, qos: 2 },
        { topic: `${root}/+`, qos: 1 },
        { topic: `${root}/a`, qos: 0 },
      ],
    });
    expect((await client.next("suback")).granted).toEqual([2, 1, 0]);
    await publish(client, `${root}/a`, "x", { qos: 2 });
    await client.next("pubrel");
    expect(client.publishes().map(shown)).toEqual([[`${root}/a`, "x", 2, false]]);
  });

  test("[MQTT-3.8.4-6] the QoS of a message is never raised", async () => {
    const topic = unique("lower");
    const client = await online();
    await client.subscribe(topic, 1);
    for (const qos of [0, 1, 2] as const) await publish(client, topic, `${qos}`, { qos });
    await expect.poll(() => client.publishes().map(({ qos }) => qos)).toEqual([0, 1, 1]);
  });

  test("# covers the level above it, + one level, an empty one too", async () => {
    const root = unique("wild");
    const client = await online();
    await client.subscribe(`${root}/a/#`, 0);
    await client.subscribe(`${root}/+/b`, 0);
    for (const topic of ["a", "a/b", "a/b/c", "ab", "/b", "x/b", "x/y/b", "b"])
      await publish(client, `${root}/${topic}`, topic);
    expect(texts(client)).toEqual(["a", "a/b", "a/b/c", "/b", "x/b"]);
  });

  test("[MQTT-3.9.3-1] a filter that is not allowed gets 0x80 beside the others", async () => {
    const client = await online({ username: "guest" });
    const topic = unique("open");
    client.send({
      cmd: "subscribe",
      messageId: 5,
      subscriptions: [
        { topic, qos: 1 },
        { topic: "hidden/x", qos: 1 },
        { topic: "#", qos: 0 },
      ],
    });
    expect((await client.next("suback")).granted).toEqual([1, 128, 128]);
  });

  test("[MQTT-4.7.2-1] wildcards at the start see no topic that begins with $", async () => {
    const client = await online();
    await client.subscribe("#", 2);
    await client.subscribe("+/#", 2);
    await client.next("suback", ({ messageId }) => messageId === 102);
    await publish(client, `$${unique("dollar")}/x`, "hidden", { qos: 1 });
    const topic = unique("plain");
    await publish(client, topic, "seen", { qos: 1 });
    await client.next("publish", (packet) => packet.topic === topic);
    expect(client.publishes().filter((packet) => packet.topic.startsWith("$"))).toEqual([]);
  });

  test("[MQTT-3.10.4-2] after UNSUBACK nothing new comes, from this filter alone", async () => {
    const root = unique("leaving");
    const [client, publisher] = [await online(), await online()];
    for (const topic of ["a", "b", "c"]) await client.subscribe(`${root}/${topic}`, 2);
    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: [`${root}/a`] });
    await client.next("unsuback", ({ messageId }) => messageId === 9);
    for (const topic of ["a", "b", "c"]) await publish(publisher, `${root}/${topic}`, topic, { qos: 1 });
    await client.next("publish", ({ topic }) => topic === `${root}/c`);
    expect(texts(client)).toEqual(["b", "c"]);
  });

  test("[MQTT-3.10.4-5] UNSUBACK answers for a filter that was never there", async () => {
    const client = await online();
    client.send({ cmd: "unsubscribe", messageId: 9, unsubscriptions: [unique("never")] });
    expect(await client.next("unsuback")).toMatchObject({ messageId: 9 });
  });
});

describe("sessions", () => {
  test("[MQTT-3.1.2-5] what was promised waits for a client that is away, in order, and is no repetition", async () => {
    const root = unique("offline");
    const clientId = unique("away");
    const before = await online({ clientId, clean: false });
    await before.subscribe(`${root}/+`, 2);
    await leave(before);
    const publisher = await online();
    for (const qos of [0, 1, 2] as const) await publish(publisher, `${root}/${qos}`, `qos ${qos}`, { qos });
    const after = await online({ clientId, clean: false });
    await after.next("publish", ({ qos }) => qos === 2);
    // QoS 0 may wait too; here it does not.
    expect(after.publishes().map(({ payload, qos, dup }) => [payload.toString(), qos, dup])).toEqual([
      ["qos 1", 1, false],
      ["qos 2", 2, false],
    ]);
  });

  test("[MQTT-4.4.0-1] what was not acknowledged comes again, marked, with its packet id, before anything new", async () => {
    const root = unique("redelivery");
    const clientId = unique("mute");
    const before = await online({ clientId, clean: false, acknowledges: false });
    await before.subscribe(`${root}/#`, 2);
    const publisher = await online();
    await publish(publisher, `${root}/a`, "one", { qos: 1 });
    await publish(publisher, `${root}/b`, "two", { qos: 2 });
    await before.next("publish", ({ qos }) => qos === 2);
    const first = before.publishes().map(({ payload, messageId }) => [payload.toString(), messageId]);
    await leave(before);
    await publish(publisher, `${root}/c`, "three", { qos: 1 });
    const after = await online({ clientId, clean: false });
    await after.next("publish", ({ topic }) => topic === `${root}/c`);
    const [one, two, three] = after.publishes();
    expect([one, two].map((packet) => [packet?.payload.toString(), packet?.messageId])).toEqual(first);
    expect([one?.dup, two?.dup, three?.dup]).toEqual([true, true, false]);
  });

  test("[MQTT-4.3.3-1] after PUBREC only the PUBREL is repeated", async () => {
    const topic = unique("released");
    const clientId = unique("halfway");
    const before = await online({ clientId, clean: false, acknowledges: false });
    await before.subscribe(topic, 2);
    await publish(await online(), topic, "x", { qos: 2 });
    const { messageId = 0 } = await before.next("publish");
    before.send({ cmd: "pubrec", messageId });
    await before.next("pubrel");
    await leave(before);
    const after = await online({ clientId, clean: false });
    expect(await after.next("pubrel")).toMatchObject({ messageId });
    expect(after.publishes()).toEqual([]);
  });

  test("[MQTT-3.1.2-6] a clean session begins and ends with nothing", async () => {
    const topic = unique("clean");
    const clientId = unique("forgetful");
    const before = await online({ clientId, clean: false });
    await before.subscribe(topic, 1);
    await leave(before);
    await leave(await online({ clientId, clean: true }));
    await publish(await online(), topic, "x", { qos: 1 });
    const after = await online({ clientId, clean: false });
    await publish(after, topic, "x", { qos: 1 });
    expect(after.publishes()).toEqual([]);
  });
});

describe("wills", () => {
  test.for([0, 1, 2] as const)(
    "[MQTT-3.1.2-8] a lost connection publishes its will, with QoS %i",
    async (qos) => {
      const topic = unique("will");
      const watcher = await online();
      await watcher.subscribe(topic, 2);
      const client = await online({ will: { topic, payload: "lost", qos } });
      client.socket.destroy();
      expect(shown(await watcher.next("publish"))).toEqual([topic, "lost", qos, false]);
    },
  );

  test("[MQTT-3.1.2-17] a retained will stays for those who ask later", async () => {
    const topic = unique("will");
    const [watcher, client] = [
      await online(),
      await online({ will: { topic, payload: "lost", qos: 1, retain: true } }),
    ];
    await watcher.subscribe(topic, 1);
    client.socket.destroy();
    await watcher.next("publish");
    const late = await online();
    await late.subscribe(topic, 1);
    expect(shown(await late.next("publish"))).toEqual([topic, "lost", 1, true]);
  });

  test("[MQTT-3.1.2-10] DISCONNECT takes the will back", async () => {
    const topic = unique("will");
    const watcher = await online();
    await watcher.subscribe(topic, 1);
    await leave(await online({ will: { topic, payload: "lost", qos: 1 } }));
    await publish(watcher, topic, "end", { qos: 1 });
    await watcher.next("publish");
    expect(texts(watcher)).toEqual(["end"]);
  });
});

function connectPacket(fields: object): Packet {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: "c",
    keepalive: 0,
    ...fields,
  };
}

/** CONNECT with a name or level that no encoder would write. */
function generatedConnect({
  protocolId = "MQTT",
  protocolVersion = 4,
}: {
  protocolId?: string;
  protocolVersion?: number;
}): Buffer {
  const bytes = generate(connectPacket({ clientId: unique("strange") }));
  bytes.write(protocolId, 4);
  bytes[8] = protocolVersion;
  return bytes;
}

function ticks(ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms);
  });
}
