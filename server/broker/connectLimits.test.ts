import { afterEach, describe, expect, test } from "vitest";
import type { BrokerFinding } from "./broker.ts";
import { createConnectRate } from "./connectRate.ts";
import { brokerLimits, type BrokerLimits } from "./limits.ts";
import type { RawClient, RawClientOptions } from "./testing/rawClient.ts";
import { everything, inTurn, startTestBroker, type TestBroker } from "./testing/testBroker.ts";
import { createTestClock } from "./testing/testClock.ts";

let hub: TestBroker;
afterEach(() => hub.stop());

const clock = createTestClock();

async function start(limits: Partial<BrokerLimits>): Promise<BrokerFinding[]> {
  hub = await startTestBroker({ limits, now: clock.now, schedule: clock.schedule });
  const findings: BrokerFinding[] = [];
  hub.broker.onFinding((finding) => findings.push(finding));
  return findings;
}

/** The CONNACK code, or "closed" when none came. */
async function connected(
  clientId: string,
  options: Partial<RawClientOptions> = {},
): Promise<number | string> {
  const client = hub.raw({ clientId, ...options });
  return Promise.race([codeOf(client), client.closed.then(() => "closed")]);
}

async function codeOf(client: RawClient): Promise<number> {
  const { returnCode } = await client.next("connack");
  return returnCode ?? 0;
}

function silent(): RawClient {
  return hub.raw({ clientId: "", connects: false });
}

describe("B30: connections that have not logged in", () => {
  test("beyond their bound wait unread, those beyond the waiting ones are closed and counted", async () => {
    await start({ connectionsUnauthenticated: 2, connectionsWaiting: 1 });
    const first = silent();
    silent();
    await expect.poll(() => hub.broker.stats().connections).toBe(2);
    expect(hub.broker.stats().connectionsWaiting).toBe(0);
    const patient = hub.raw({ clientId: "patient" });
    await expect.poll(() => hub.broker.stats().connectionsWaiting).toBe(1);
    expect(await connected("late")).toBe("closed");
    expect(hub.broker.stats().refused).toEqual({ "connections-unauthenticated": 1 });
    first.socket.destroy();
    expect(await codeOf(patient)).toBe(0);
    expect(hub.broker.stats()).toMatchObject({ connectionsWaiting: 0, connections: 2 });
  });

  test("one that ends while it waits gives its place back", async () => {
    await start({ connectionsUnauthenticated: 1, connectionsWaiting: 1 });
    const first = silent();
    await expect.poll(() => hub.broker.stats().connections).toBe(1);
    const gone = hub.raw({ clientId: "gone" });
    await expect.poll(() => hub.broker.stats().connectionsWaiting).toBe(1);
    gone.socket.resetAndDestroy();
    first.socket.destroy();
    await expect.poll(() => hub.broker.stats()).toMatchObject({ connectionsWaiting: 0, connections: 0 });
    expect(await connected("next")).toBe(0);
  });

  test("may put so many packets behind their CONNECT, and no more", async () => {
    await start({ packetsBehindConnect: 3 });
    const connect = { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true } as const;
    const behind = (count: number) => Array.from({ length: count }, () => ({ cmd: "pingreq" }) as const);
    const allowed = silent();
    allowed.send({ ...connect, clientId: "a", keepalive: 0 }, ...behind(3));
    await expect.poll(() => allowed.packets.filter(({ cmd }) => cmd === "pingresp")).toHaveLength(3);
    const refused = silent();
    refused.send({ ...connect, clientId: "b", keepalive: 0 }, ...behind(4));
    await refused.closed;
  });
});

describe("B30: new connections per second", () => {
  test("in all: those beyond the burst wait for their turn, those beyond the waiting ones are closed", async () => {
    await start({ connectsPerSecond: 2, burstS: 2, connectionsWaiting: 2 });
    expect(await Promise.all(["a", "b", "c", "d"].map((id) => connected(id)))).toEqual([0, 0, 0, 0]);
    const fifth = hub.raw({ clientId: "e" });
    await expect.poll(() => hub.broker.stats().connectionsWaiting).toBe(1);
    const sixth = hub.raw({ clientId: "f" });
    await expect.poll(() => hub.broker.stats().connectionsWaiting).toBe(2);
    expect(await connected("g")).toBe("closed");
    expect(hub.broker.stats().refused).toEqual({ "connect-rate-hub": 1 });
    clock.advance(500);
    expect(await codeOf(fifth)).toBe(0);
    expect(sixth.packets).toEqual([]);
    clock.advance(500);
    expect(await codeOf(sixth)).toBe(0);
  });

  test("from one address: those beyond the burst are closed and counted", async () => {
    await start({ connectsPerSecondFromLoopback: 1, burstS: 2 });
    expect(await connected("a")).toBe(0);
    expect(await connected("b")).toBe(0);
    expect(await connected("c")).toBe("closed");
    expect(hub.broker.stats().refused).toEqual({ "connect-rate": 1 });
    clock.advance(1_000);
    expect(await connected("c")).toBe(0);
  });

  test("another computer has 20 a second and four seconds' worth at once; 10,000 addresses are remembered", async () => {
    await start({});
    const rate = createConnectRate(brokerLimits, clock.now);
    const allowed = (address: string) =>
      Array.from({ length: 100 }, () => rate.fromAddress(address)).filter(Boolean).length;
    expect(allowed("192.0.2.1")).toBe(80);
    expect(allowed("192.0.2.2")).toBe(80);
    clock.advance(1_000);
    expect(allowed("192.0.2.1")).toBe(20);
    for (let index = 0; index < 10_000; index++) rate.fromAddress(`address ${index}`);
    expect(allowed("192.0.2.2")).toBe(80);
  });
});

describe("B30: names", () => {
  test("a user name at the limit is looked up, one byte more is refused with 4", async () => {
    await start({});
    const atLimit = "ü".repeat(128);
    hub.rules.set(atLimit, everything);
    expect(await connected("a", { username: atLimit })).toBe(0);
    expect(await connected("b", { username: `${atLimit}x` })).toBe(4);
    expect(hub.broker.stats().refused).toEqual({ "user-name": 1 });
  });

  test("C13: one credential opens so many connections and no more; a takeover is not one more", async () => {
    await start({ connectionsPerUser: 2 });
    hub.rules.set("pump", everything);
    const username = "pump";
    const first = await hub.connect({ clientId: "a", username, password: "secret" });
    expect(await connected("b", { username })).toBe(0);
    expect(await connected("c", { username })).toBe(3);
    expect(await connected("b", { username })).toBe(0);
    expect(hub.broker.stats().refused).toEqual({ "connections-per-user": 1 });
    await first.endAsync();
    await hub.change(({ up }) => !up);
    expect(await connected("c", { username })).toBe(0);
    expect(await connected("anonymous")).toBe(0);
  });
});

describe("B30: flapping", () => {
  test("so many takeovers of a client id pass; the next gets 3, is counted, and told as a finding", async () => {
    const findings = await start({ takeoversPerClient: 15 });
    await inTurn(16, async () => expect(await connected("twin")).toBe(0));
    expect(hub.broker.stats()).toMatchObject({ takeovers: 15, refused: {}, banned: { flapping: 0 } });
    expect(await connected("twin")).toBe(3);
    const until = clock.now() + brokerLimits.banMs;
    expect(findings).toEqual([{ kind: "flapping", clientId: "twin", addresses: ["127.0.0.1"], until }]);
    expect(hub.broker.stats()).toMatchObject({ refused: { flapping: 1 }, banned: { flapping: 1 } });
    // The one that is connected stays, and others come in.
    expect(hub.broker.clients()[0]?.connection).toBeDefined();
    expect(await connected("other")).toBe(0);
    clock.advance(brokerLimits.banMs - 1);
    expect(await connected("twin")).toBe(3);
    clock.advance(1);
    expect(await connected("twin")).toBe(0);
    expect(findings).toHaveLength(1);
  });

  test("takeovers that are spread over time are borne", async () => {
    await start({ takeoversPerClient: 3 });
    await inTurn(12, async () => {
      clock.advance(20_000);
      expect(await connected("roamer")).toBe(0);
    });
  });

  test("broken connections count, those that end with DISCONNECT do not", async () => {
    const findings = await start({ takeoversPerClient: 2 });
    await inTurn(6, async (index) => {
      await (await hub.connect({ clientId: "polite" })).endAsync();
      await hub.change(() => hub.changes.filter(({ up }) => !up).length > index);
    });
    await inTurn(2, async (index) => {
      const rude = await hub.connect({ clientId: "rude" });
      rude.stream.destroy();
      await hub.change(() => hub.changes.filter(({ up }) => !up).length > 6 + index);
    });
    expect(findings).toEqual([]);
    expect(await connected("rude")).toBe(3);
    expect(await connected("polite")).toBe(0);
    expect(findings).toMatchObject([{ kind: "flapping", clientId: "rude" }]);
  });
});

describe("B30: protocol errors", () => {
  async function violate(): Promise<void> {
    const rude = silent();
    rude.socket.write(Buffer.from("c000", "hex"));
    await rude.closed;
  }

  test("so many from an address are borne; then it is shut out for a while, and told as a finding", async () => {
    const findings = await start({ protocolErrorsFromLoopback: 3 });
    await inTurn(3, violate);
    await violate();
    const until = clock.now() + brokerLimits.banMs;
    expect(findings).toEqual([{ kind: "protocol-errors", address: "127.0.0.1", until }]);
    expect(hub.broker.stats()).toMatchObject({
      refused: { "first-packet": 3, "protocol-errors": 1 },
      banned: { "protocol-errors": 1 },
    });
    clock.advance(brokerLimits.banMs);
    expect(await connected("better")).toBe(0);
  });

  test("one fewer, or an old protocol version, is not held against anybody", async () => {
    await start({ protocolErrorsFromLoopback: 3 });
    await inTurn(2, violate);
    await inTurn(5, () => expect(hub.connect({ protocolVersion: 5 })).rejects.toBeDefined());
    expect(await connected("good")).toBe(0);
  });
});
