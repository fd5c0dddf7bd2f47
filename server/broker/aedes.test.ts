// Holds each seam that we rely on in aedes. It fails when an upgrade moves one; then aedes.ts must be thought through.
import { createServer, type Server } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Aedes } from "aedes";
import { afterEach, beforeEach, expect, test } from "vitest";
import aedesPackage from "../../node_modules/aedes/package.json" with { type: "json" };
import { createAedesPort } from "./aedes.ts";
import { encodePuback } from "./encode.ts";
import { brokerLimits } from "./limits.ts";
import type { ConnectRequest, InboundPublish, Peer, PeerHooks, PeerPort } from "./peer.ts";
import { portOf } from "./tcpListener.ts";
import { connectBytes } from "./testing/packetBytes.ts";
import { createRawClient, publishPacket, type RawClient } from "./testing/rawClient.ts";

let port: PeerPort;
let server: Server;
let calls: string[];
let heldPublishes: ((error?: Error) => void)[] | undefined;
/** When set, publishes are told to the inflow as waiting. */
let countsWaiting: boolean;
let peers: Peer[];
let requests: ConnectRequest[];
let published: InboundPublish[];
let hasSession: boolean;
let clients: RawClient[];
/** Length of `calls` at which an opening is refused. */
let refusedOpenAt: number;

/** What waits for the disk; `undefined`: nothing does. */
let heldAnswers: (() => void)[] | undefined;

function keep(call: string, act: () => void): void {
  calls.push(call);
  if (heldAnswers === undefined) act();
  else heldAnswers.push(act);
}

const hooks: PeerHooks = {
  async connect(_peer, request) {
    calls.push(`connect ${request.clientId}`);
    requests.push(request);
    return request.username === "nobody" ? 4 : 0;
  },
  open: () => calls.push("open") !== refusedOpenAt,
  read: () => {},
  tooManyFilters: (_peer, count) => void calls.push(`too many ${count}`),
  pinged: () => void calls.push("pinged"),
  ready: () => void calls.push("ready"),
  publish(peer, packet, done) {
    calls.push(`publish ${packet.topic}`);
    published.push(packet);
    if (heldPublishes === undefined) return done();
    if (countsWaiting) peer.inflow.begin(packet.payload.length);
    heldPublishes.push((error) => {
      if (countsWaiting) peer.inflow.end(packet.payload.length);
      done(error);
    });
  },
  acknowledge(peer, id) {
    calls.push(`acknowledge ${id}`);
    peer.connection.write(encodePuback(id));
  },
  will: (_peer, { topic }) => void calls.push(`will ${topic}`),
  subscribe(_peer, filter, qos) {
    calls.push(`subscribe ${filter} ${qos}`);
    if (filter === "crash") throw new Error("broken hook");
    return filter !== "denied";
  },
  subscribed: (_peer, filters) => void calls.push(`subscribed ${filters.join()}`),
  unsubscribed: (_peer, filters) => void calls.push(`unsubscribed ${filters.join()}`),
  acknowledged: (_peer, id) => void calls.push(`acknowledged ${id}`),
  received: (_peer, id, kept) => keep(`received ${id}`, kept),
  released: (_peer, id, kept) => keep(`released ${id}`, kept),
  kept: (act) => keep("kept", act),
  hasSession: () => hasSession,
  closed: (_peer, cause) => void calls.push(`closed ${cause}`),
  refused: (_peer, reason) => void calls.push(`refused ${reason}`),
  failed: (_error, what) => void calls.push(`failed ${what}`),
};

beforeEach(async () => {
  [calls, requests, published, clients] = [[], [], [], []];
  hasSession = false;
  heldPublishes = undefined;
  countsWaiting = false;
  peers = [];
  heldAnswers = undefined;
  refusedOpenAt = -1;
  port = createAedesPort(hooks, { ...brokerLimits, inboundWaiting: 10 });
  await port.start();
  server = createServer({ noDelay: true }, (socket) => peers.push(port.accept(socket)));
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
});
afterEach(async () => {
  await port.stop();
  for (const { socket } of clients) socket.destroy();
  server.close();
});

function client(options: Partial<Parameters<typeof createRawClient>[0]> = {}): RawClient {
  const created = createRawClient({
    port: portOf(server),
    clientId: "c",
    ...options,
  });
  clients.push(created);
  return created;
}

const SEGMENTS = 2_000;

/** Publishes at QoS 1, each in a segment of its own, without waiting. */
async function flooding(): Promise<RawClient> {
  const publisher = client();
  await publisher.next("connack");
  for (let n = 0; n < SEGMENTS; n++) {
    publisher.send(publishPacket(`${n}`, "x", { qos: 1, messageId: n + 1 }));
    if (n % 10 === 0) await setImmediate();
  }
  return publisher;
}

async function called(call: string): Promise<void> {
  await expect.poll(() => calls).toContain(call);
}

test("the version is the one that was read", () => {
  expect(aedesPackage.version).toBe("1.2.0");
});

test("the undocumented members exist with the arity we rely on", async () => {
  const aedes = new Aedes();
  await aedes.listen();
  expect(aedes).toMatchObject({
    registerClient: expect.objectContaining({ length: 1 }),
    publish: expect.objectContaining({ length: 3 }),
    _heartbeatInterval: expect.objectContaining({ _repeat: 60_000 }),
    _clearWillInterval: expect.objectContaining({ _repeat: 240_000 }),
  });
  await new Promise<void>((resolve) => {
    aedes.close(resolve);
  });
});

test("CONNECT: asked first, opened before the CONNACK, ready after it", async () => {
  const connected = client({ will: { topic: "w", payload: "gone", qos: 1, retain: true }, clean: false });
  await connected.next("connack");
  await called("ready");
  expect(calls).toEqual(["connect c", "open", "ready"]);
  expect(requests[0]).toMatchObject({ clientId: "c", isPersistent: true, hasValidId: true, version: 4 });
  expect(requests[0]?.will).toMatchObject({ topic: "w", qos: 1, retain: true });
});

test("CONNECT refused: the code is sent, nothing is opened", async () => {
  const refused = client({ username: "nobody" });
  expect(await refused.next("connack")).toMatchObject({ returnCode: 4 });
  await refused.closed;
  expect(calls).toEqual(["connect c"]);
});

test("PUBLISH: told in order of arrival, not acknowledged before done", async () => {
  heldPublishes = [];
  const publisher = client();
  await publisher.next("connack");
  publisher.send(
    publishPacket("a", "1", { qos: 1, messageId: 1 }),
    publishPacket("b", "2"),
    publishPacket("c", "3", { qos: 2, messageId: 2 }),
  );
  await called("publish c");
  expect(calls.slice(-3)).toEqual(["publish a", "publish b", "publish c"]);
  expect(published[0]).toMatchObject({ topic: "a", qos: 1, retain: false, messageId: 1 });
  expect(publisher.packets.some(({ cmd }) => cmd === "puback" || cmd === "pubrec")).toBe(false);
  for (const done of heldPublishes) done();
  expect(await publisher.next("puback")).toMatchObject({ messageId: 1 });
  expect(await publisher.next("pubrec")).toMatchObject({ messageId: 2 });
  await publisher.next("pubcomp");
  expect(calls.slice(-2)).toEqual(["acknowledge 1", "released 2"]);
  // Ours, and none of aedes beside it.
  expect(publisher.packets.filter(({ cmd }) => cmd === "puback")).toHaveLength(1);
});

test("READ: aedes alone reads on while a publish waits, so that the inflow has to stop it", async () => {
  heldPublishes = [];
  const publisher = await flooding();
  await expect.poll(() => published.length).toBeGreaterThan(50);
  expect(publisher.packets.filter(({ cmd }) => cmd === "puback")).toEqual([]);
});

test("READ: beyond a number of waiting publishes nothing is read; it goes on in order when half are answered", async () => {
  heldPublishes = [];
  countsWaiting = true;
  const publisher = await flooding();
  await called("publish 10");
  publisher.send({ cmd: "pingreq" });
  const other = client({ clientId: "other" });
  other.send({ cmd: "pingreq" });
  await called("pinged");
  // The pieces that TCP had joined may carry a few more; the flood itself stays outside.
  expect(published.length).toBeLessThan(SEGMENTS / 2);
  expect(calls.filter((call) => call === "pinged")).toHaveLength(1);
  while (published.length < SEGMENTS || heldPublishes.length > 0) {
    for (const done of heldPublishes.splice(0)) done();
    await setImmediate();
  }
  await publisher.next("pingresp");
  expect(published.map(({ topic }) => topic)).toEqual(Array.from({ length: SEGMENTS }, (_, n) => `${n}`));
  await expect.poll(() => publisher.packets.filter(({ cmd }) => cmd === "puback").length).toBe(SEGMENTS);
});

test("READ: a held client is not read, and its keep-alive does not run out", async () => {
  const held = client({ clientId: "held", keepalive: 1 });
  await held.next("connack");
  await called("ready");
  peers[0]?.inflow.hold("disk");
  held.send(publishPacket("later", "x", { qos: 1, messageId: 1 }));
  const mute = client({ clientId: "mute", keepalive: 1 });
  await mute.closed;
  expect(calls).toContain("closed keepalive");
  expect(calls).not.toContain("publish later");
  peers[0]?.inflow.hold("rate");
  peers[0]?.inflow.release("disk");
  expect(peers[0]?.inflow.isHeld()).toBe(true);
  peers[0]?.inflow.release("rate");
  await held.next("puback");
});

test("SUBSCRIBE: filters beyond the limit are told and not asked about", async () => {
  const subscriptions = Array.from({ length: 103 }, (_, n) => ({ topic: `${n}`, qos: 0 }) as const);
  const subscriber = client();
  subscriber.send({ cmd: "subscribe", messageId: 1, subscriptions });
  const { granted } = await subscriber.next("suback");
  expect(granted).toEqual([...Array.from({ length: 100 }, () => 0), 128, 128, 128]);
  expect(calls).toContain("too many 3");
  expect(calls.filter((call) => call.startsWith("subscribe "))).toHaveLength(100);
});

test("PUBLISH: an error closes the connection without acknowledgement", async () => {
  heldPublishes = [];
  const publisher = client();
  await publisher.next("connack");
  publisher.send(publishPacket("a", "1", { qos: 1, messageId: 1 }));
  await called("publish a");
  heldPublishes[0]?.(new Error("refused"));
  await publisher.closed;
  expect(publisher.packets.map(({ cmd }) => cmd)).toEqual(["connack"]);
});

test("SUBSCRIBE: asked before the SUBACK, told after it without the denied ones; a crash denies", async () => {
  const subscriber = client({ clean: false });
  await called("ready");
  subscriber.send({
    cmd: "subscribe",
    messageId: 9,
    subscriptions: [
      { topic: "a", qos: 1 },
      { topic: "denied", qos: 0 },
      { topic: "crash", qos: 0 },
    ],
  });
  expect((await subscriber.next("suback")).granted).toEqual([1, 128, 128]);
  expect(calls.slice(3).filter((call) => call !== "kept")).toEqual([
    "subscribe a 1",
    "subscribe denied 0",
    "subscribe crash 0",
    "failed subscribe",
    "subscribed a",
  ]);
  subscriber.send({ cmd: "unsubscribe", messageId: 10, unsubscriptions: ["a"] });
  await subscriber.next("unsuback");
  expect(calls.at(-1)).toBe("unsubscribed a");
});

test("SUBSCRIBE: every filter gets its return code, equal ones too, in their order [MQTT-3.9.3-1]", async () => {
  const subscriber = client();
  await called("ready");
  const subscriptions = (["a", "b", "a", "denied", "a", "0", "denied"] as const).map((topic, index) => ({
    topic,
    qos: ([0, 1, 2] as const)[index % 3] ?? 0,
  }));
  subscriber.send({ cmd: "subscribe", messageId: 9, subscriptions });
  expect((await subscriber.next("suback")).granted).toEqual([0, 1, 2, 128, 1, 2, 128]);
  expect(calls.at(-1)).toBe("subscribed a,b,a,a,0");
  subscriber.socket.end();
  await called("closed socket");
  expect(calls.filter((call) => call.startsWith("unsubscribed"))).toEqual([]);
});

test("SUBSCRIBE: aedes ends no connection for a filter too deep; the hook answers 0x80", async () => {
  const subscriber = client();
  await called("ready");
  expect(await subscriber.subscribe("a/".repeat(200))).toBe(0);
});

test("a kept session is present, with or without subscriptions, and none is asked for [MQTT-3.2.2-2]", async () => {
  hasSession = true;
  const returning = client({ clean: false });
  expect(await returning.next("connack")).toMatchObject({ sessionPresent: true });
  await called("ready");
  expect(calls).toEqual(["connect c", "open", "ready"]);
});

test("a clean session, and one that is not there, are not present [MQTT-3.2.2-1] [MQTT-3.2.2-3]", async () => {
  const fresh = client({ clean: false });
  expect(await fresh.next("connack")).toMatchObject({ sessionPresent: false });
  hasSession = true;
  const clean = client({ clientId: "other" });
  expect(await clean.next("connack")).toMatchObject({ sessionPresent: false });
  await expect.poll(() => calls.filter((call) => call === "ready")).toHaveLength(2);
});

test("PUBACK, PUBREC and PUBCOMP come with their packet id", async () => {
  const subscriber = client({ clean: false, acknowledges: false });
  await called("ready");
  subscriber.send(
    { cmd: "puback", messageId: 5 },
    { cmd: "pubrec", messageId: 6 },
    { cmd: "pubcomp", messageId: 6 },
  );
  await called("acknowledged 6");
  expect(calls.slice(3).toSorted()).toEqual(["acknowledged 5", "acknowledged 6", "received 6"]);
  expect(await subscriber.next("pubrel")).toMatchObject({ messageId: 6 });
});

test("SUBACK, UNSUBACK, PUBREL and PUBCOMP of a kept session wait for the disk", async () => {
  const device = client({ clean: false, acknowledges: false });
  await called("ready");
  heldAnswers = [];
  const held = heldAnswers;
  device.send(
    { cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "a", qos: 1 }] },
    { cmd: "unsubscribe", messageId: 2, unsubscriptions: ["b"] },
    { cmd: "pubrec", messageId: 3 },
    { cmd: "pubrel", messageId: 4 },
  );
  await expect.poll(() => held.length).toBe(4);
  expect(calls).toEqual(expect.arrayContaining(["unsubscribed b", "received 3", "released 4"]));
  expect(device.packets.map(({ cmd }) => cmd)).toEqual(["connack"]);
  for (const act of held.splice(0)) act();
  await Promise.all(
    (["suback", "unsuback", "pubrel", "pubcomp"] as const).map((answer) => device.next(answer)),
  );
});

test("the will comes before the end, and only without DISCONNECT", async () => {
  const will = { topic: "w", payload: "gone" };
  const lost = client({ will });
  await lost.next("connack");
  lost.socket.destroy();
  await called("closed socket");
  expect(calls.slice(-2)).toEqual(["will w", "closed socket"]);
  const polite = client({ will });
  await polite.next("connack");
  polite.send({ cmd: "disconnect" });
  await called("closed disconnect");
  expect(calls.filter((call) => call === "will w")).toHaveLength(1);
});

test("takeover: the new one opens first, then the old one's will and end, then the CONNACK", async () => {
  const old = client({ will: { topic: "w", payload: "gone" } });
  await old.next("connack");
  await called("ready");
  const fresh = client();
  await fresh.next("connack");
  await old.closed;
  await called("ready");
  expect(calls.slice(3)).toEqual(["connect c", "open", "will w", "closed socket", "ready"]);
});

test("an opening that is refused ends without CONNACK, and the open connection of that id stays known", async () => {
  const will = { topic: "w", payload: "gone" };
  const first = client();
  await called("ready");
  refusedOpenAt = 5;
  const second = client({ will });
  await second.closed;
  expect(second.packets).toEqual([]);
  expect(first.socket.destroyed).toBe(false);
  await client().next("connack");
  await first.closed;
  expect(calls.filter((call) => call === "closed socket" || call === "will w")).toEqual(["closed socket"]);
});

test("keep-alive and protocol errors have their causes", async () => {
  const mute = client({ clientId: "mute", keepalive: 1 });
  await mute.closed;
  await called("closed keepalive");
  const rude = client({ clientId: "rude" });
  await rude.next("connack");
  rude.socket.write(Buffer.from("f000", "hex"));
  await called("closed protocol");
  expect(calls).toContain("refused packet-type");
});

test("a CONNECT with a broken packet behind it asks nobody", async () => {
  const broken = client({ connects: false });
  broken.socket.write(Buffer.concat([connectBytes(), Buffer.from("f000", "hex")]));
  await broken.closed;
  // Whoever comes next is asked about after it.
  await client().next("connack");
  await called("ready");
  expect(calls).toEqual(["refused packet-type", "connect c", "open", "ready"]);
});

test("the frame guard sees the bytes before the parser", async () => {
  const large = client({ connects: false });
  large.socket.write(Buffer.from("10ffffff7f", "hex"));
  await large.closed;
  expect(calls).toEqual(["refused too-large"]);
});

test("stop: every open connection ends, no will comes", async () => {
  const connected = client({ will: { topic: "w", payload: "gone" } });
  await called("ready");
  await port.stop();
  await connected.closed;
  expect(calls).not.toContain("will w");
  expect(calls.at(-1)).toBe("closed socket");
});

test("all bytes of a connection pass where it is watched, also those aedes writes by itself", async () => {
  const seen: string[] = [];
  const hex = (chunk: Uint8Array): string => Buffer.from(chunk).toString("hex");
  const watched = createAedesPort(hooks, brokerLimits, () => ({
    received: (chunk) => seen.push(`in ${hex(chunk)}`),
    sent: (chunk) => seen.push(`out ${hex(chunk)}`),
  }));
  await watched.start();
  server.removeAllListeners("connection").on("connection", (socket) => watched.accept(socket));
  const connection = client();
  await connection.next("connack");
  connection.send({ cmd: "pingreq" });
  await connection.next("pingresp");
  const [first, ...rest] = seen;
  expect(first).toMatch(/^in 10.*63$/);
  expect(rest.filter((bytes) => bytes.startsWith("in"))).toEqual(["in c000"]);
  const written = rest.filter((bytes) => bytes.startsWith("out")).map((bytes) => bytes.slice(4));
  expect(written.join("")).toBe("20020000d000");
  await watched.stop();
});
