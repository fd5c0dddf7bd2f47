import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { RawClient } from "./testing/rawClient.ts";
import { publishPacket } from "./testing/rawClient.ts";
import { happened, inTurn, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

let hub: TestBroker;
beforeEach(async () => {
  // Clients take each other over far more often than the hub would bear.
  hub = await startTestBroker({ limits: { takeoversPerClient: 1_000 } });
});
afterEach(() => hub.stop());

async function connected(clientId: string, options: object = {}): Promise<RawClient> {
  const client = hub.raw({ clientId, ...options });
  await client.next("connack");
  return client;
}

async function causeOf(clientId: string): Promise<string> {
  const { cause } = await hub.change((change) => change.clientId === clientId && !change.up);
  return cause;
}

describe("B27: the end of a session has its cause", () => {
  test.for<[what: string, cause: string, end: (client: RawClient) => void]>([
    ["a DISCONNECT", "disconnect", ({ send }) => send({ cmd: "disconnect" })],
    [
      "a DISCONNECT that is followed by a reset",
      "disconnect",
      ({ socket, send }) => {
        send({ cmd: "disconnect" });
        socket.resetAndDestroy();
      },
    ],
    ["a closed socket (FIN)", "socket", ({ socket }) => socket.end()],
    ["a reset socket (RST)", "socket", ({ socket }) => socket.resetAndDestroy()],
    [
      "half a packet and a closed socket",
      "socket",
      ({ socket }) => socket.end(Buffer.from([0x30, 0x10, 0x00])),
    ],
    ["a second CONNECT [MQTT-3.1.0-2]", "protocol", ({ send }) => send(connectPacket)],
    ["a packet of type 15", "protocol", ({ socket }) => socket.write(Buffer.from([0xf0, 0x00]))],
    ["a packet only servers send", "protocol", ({ socket }) => socket.write(Buffer.from([0xd0, 0x00]))],
    [
      "a packet that is too large",
      "protocol",
      ({ socket }) => socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f])),
    ],
    ["a kick", "kicked", () => hub.broker.kick("c")],
  ])("%s", async ([, cause, end]) => {
    const client = await connected("c");
    client.socket.on("error", () => {});
    end(client);
    expect(await causeOf("c")).toBe(cause);
    expect(hub.broker.stats().ends).toMatchObject({ [cause]: 1 });
    expect(hub.changes.filter(({ up }) => !up)).toHaveLength(1);
  });

  test("a broken WebSocket frame is the client's fault, not the network's", async () => {
    const socket = new WebSocket(hub.webSocketUrl, "mqtt");
    await once(socket, "open");
    const hello = Buffer.from("100d00044d51545404020000000163", "hex");
    socket.send(hello);
    await hub.change(({ up }) => up);
    // A reserved opcode; the client side of `ws` offers no way to send one.
    const wire: unknown = Reflect.get(socket, "_socket");
    if (wire instanceof Object && "write" in wire && typeof wire.write === "function")
      Reflect.apply(wire.write, wire, [Buffer.from([0x83, 0x80, 0, 0, 0, 0])]);
    expect(await causeOf("c")).toBe("protocol");
    socket.terminate();
  });

  test("keep-alive: a silent client is down after 1.5 times its keep-alive [MQTT-3.1.2-24]", async () => {
    await connected("mute", { keepalive: 1 });
    const startedAt = performance.now();
    expect(await causeOf("mute")).toBe("keepalive");
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(seconds).toBeGreaterThan(1.3);
    expect(seconds).toBeLessThan(2);
  });

  test("slow: a client that takes nothing for the drain time", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { drainMs: 100, socketBufferBytes: 10_000 } });
    const frozen = hub.raw({ clientId: "frozen" });
    await frozen.subscribe("flood");
    frozen.socket.pause();
    const flood = setInterval(
      () =>
        void hub.broker.publish({ topic: "flood", payload: Buffer.alloc(500_000), qos: 0, retain: false }),
      5,
    );
    expect(await causeOf("frozen")).toBe("slow");
    clearInterval(flood);
  });

  test("hub-restart: everybody who is there when the hub stops", async () => {
    await inTurn(3, (index) => connected(`c${index}`));
    await hub.broker.stop();
    expect(hub.changes.filter(({ up }) => !up).map(({ cause }) => cause)).toEqual(
      Array.from({ length: 3 }, () => "hub-restart"),
    );
    expect(hub.broker.stats().ends["hub-restart"]).toBe(3);
  });

  test("what is done to a connection first is its cause", async () => {
    const client = await connected("c");
    hub.broker.kick("c");
    client.socket.resetAndDestroy();
    expect(await causeOf("c")).toBe("kicked");
  });

  test("a CONNECT that was refused is no end, and no session", async () => {
    const client = hub.raw({ clientId: "c", username: "stranger" });
    await client.closed;
    expect(hub.changes).toEqual([]);
    expect(Object.values(hub.broker.stats().ends).every((count) => count === 0)).toBe(true);
    expect(hub.broker.client("c")).toBeUndefined();
  });
});

describe("B25: takeover", () => {
  const count = 100;
  const will = { topic: "state/roamer", payload: "offline", qos: 1, retain: true } as const;

  test.for([true, false])(
    "100 in a row leave no offline state: each will is of an older epoch, and is routed before the CONNACK (clean %s)",
    async (clean) => {
      const willsAtConnack: number[] = [];
      let last: RawClient | undefined;
      await inTurn(count + 1, async (index) => {
        last = hub.raw({ clientId: "roamer", clean, will });
        await last.next("connack");
        willsAtConnack.push(hub.arrivals.filter((arrival) => arrival.will).length);
        last.send(publishPacket("state/roamer", "online", { qos: 1, retain: true, messageId: 1 }));
        await last.next("puback");
        expect(willsAtConnack[index]).toBe(index);
      });

      const ups = hub.changes.map(({ epoch }) => epoch);
      expect(ups).toEqual(ups.toSorted((a, b) => a - b));
      expect(hub.changes.every(({ up }) => up)).toBe(true);
      const wills = hub.arrivals.filter((arrival) => arrival.will);
      expect(wills.map(({ epoch }) => epoch)).toEqual(ups.slice(0, -1));
      expect(hub.broker.retained("state/roamer")[0]?.payload.toString()).toBe("online");
      const stats = hub.broker.stats();
      expect(stats).toMatchObject({ takeovers: count, wills: count, sessionsOnline: 1, accepted: count + 1 });
      expect(stats.ends).toMatchObject({ takeover: count, socket: 0, disconnect: 0 });
      expect(hub.broker.client("roamer")?.lastEnd?.cause).toBe("takeover");
      last?.send({ cmd: "disconnect" });
      expect(await causeOf("roamer")).toBe("disconnect");
    },
  );

  test("without waiting for each other, one connection is left, and the ends add up", async () => {
    const clients = Array.from({ length: 20 }, () => hub.client({ clientId: "roamer" }));
    await Promise.all(
      clients.map((client) => Promise.race([happened(client, "connect"), happened(client, "close")])),
    );
    await expect.poll(() => hub.broker.stats().connections).toBe(1);
    const { accepted, takeovers, ends, sessionsOnline } = hub.broker.stats();
    expect(sessionsOnline).toBe(1);
    expect(accepted).toBe(20);
    expect(takeovers).toBe(19);
    expect(ends.takeover).toBe(19);
    expect(hub.changes.every(({ up }) => up)).toBe(true);
  });
});

describe("B42: what is remembered of a client", () => {
  test("its last end with its cause, and what it was refused", async () => {
    hub.rules.set("pump", [{ effect: "allow", action: "both", filter: "devices/pump/#" }]);
    const client = hub.raw({ clientId: "pump", username: "pump", clean: false });
    expect(await client.subscribe("devices/other/#")).toBe(128);
    client.send(publishPacket("devices/other/t", "1", { qos: 1, messageId: 1 }));
    await client.next("puback");
    expect(hub.broker.client("pump")?.lastEnd).toBeUndefined();
    client.socket.write(Buffer.from([0xf0, 0x00]));
    await causeOf("pump");
    const info = hub.broker.client("pump");
    expect(info?.lastEnd).toMatchObject({ cause: "protocol" });
    expect(info?.troubles).toMatchObject([
      { what: "subscribe-denied", detail: "devices/other/#" },
      { what: "publish-denied", detail: "devices/other/t" },
      { what: expect.any(String), detail: undefined },
    ]);
  });

  test("a full queue tells what it dropped and since when it waits, and can be cleared", async () => {
    await hub.stop();
    hub = await startTestBroker({ limits: { queueMessages: 3 } });
    const client = hub.raw({ clientId: "keeper", clean: false });
    await client.subscribe("q", 1);
    client.send({ cmd: "disconnect" });
    await causeOf("keeper");
    for (let index = 0; index < 5; index++)
      void hub.broker.publish({ topic: "q", payload: `${index}`, qos: 1, retain: false });
    expect(hub.broker.client("keeper")).toMatchObject({ queued: 3, dropped: 2, drops: { "queue-full": 2 } });
    expect(hub.broker.client("keeper")?.queuedSince).toBeTypeOf("number");
    expect(hub.broker.clearQueue("keeper")).toBe(3);
    expect(hub.broker.clearQueue("nobody")).toBeUndefined();
    expect(hub.broker.client("keeper")).toMatchObject({ queued: 0, queuedBytes: 0, drops: { cleared: 3 } });
    expect(hub.broker.client("keeper")?.queuedSince).toBeUndefined();
    expect(hub.broker.stats().dropped.cleared).toBe(3);
  });
});

const connectPacket = {
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId: "c",
  keepalive: 0,
} as const;
