import * as fc from "fast-check";
import { parser, type IPublishPacket } from "mqtt-packet";
import { expect, test } from "vitest";
import type { Acl } from "./acl.ts";
import type { Arrival, Qos } from "./arrival.ts";
import { createBus } from "./bus.ts";
import { createCounters } from "./counters.ts";
import { createLedger } from "./ledger.ts";
import { brokerLimits } from "./limits.ts";
import type { Session } from "./session.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import type { ShareStrategy } from "./shares.ts";
import { createMemoryStorage, type MemoryStorage } from "./testing/memoryStorage.ts";

const share = "$share/g/t/#";
const everything: Acl = { mayPublish: () => true, maySubscribe: () => true, mayReceive: () => true };
const clientIds = ["a", "b", "c", "d"] as const;
/** Small, so that windows fill. */
const sendWindow = 3;

interface Hub {
  readonly storage: MemoryStorage;
  readonly sessions: Sessions;
  readonly publish: (name: string, qos: Qos, topic?: string) => void;
  readonly settled: () => Promise<unknown>;
}

/** The part of a broker that shares concern, with what a former one left on disk. */
function createHub(storage: MemoryStorage, shareStrategy: ShareStrategy): Hub {
  const log = { info() {}, warn() {}, error: (details: object) => expect(details).toBeUndefined() };
  const ledger = createLedger({ storage, log });
  const bus = createBus({
    shareStrategy,
    onError(error) {
      throw error;
    },
  });
  const kept = storage.load();
  let { lastSeq } = kept;
  const sessions = createSessions({
    bus,
    limits: { ...brokerLimits, sendWindow },
    counters: createCounters(),
    ledger,
    nextSeq: () => ++lastSeq,
    onOverflow() {},
    now: () => 0,
  });
  for (const session of kept.sessions) sessions.restore(session, everything);
  return {
    storage,
    sessions,
    publish: (name, qos, topic) =>
      bus.route({ ...arrival(name, qos), ...(topic === undefined ? {} : { topic }) }),
    settled: () => ledger.close(),
  };
}

function arrival(name: string, qos: Qos): Arrival {
  return {
    topic: "t/x",
    payload: Buffer.from(name),
    qos,
    retain: false,
    seenAt: 0,
    clientId: `p${name.length}`,
    user: undefined,
    epoch: 0,
    will: false,
    origin: undefined,
    journalId: undefined,
  };
}

const textOf = (payload: Uint8Array | string): string => Buffer.from(payload).toString();
const queued = ({ storage }: Hub) => [...storage.load().sessions].flatMap(({ queue }) => queue);

/** A client that keeps what it got until told to acknowledge. */
interface Client {
  readonly session: Session;
  readonly got: IPublishPacket[];
}

function open({ sessions }: Hub, clientId: string, isPersistent: boolean): Client {
  const session = sessions.open({ clientId, user: undefined, acl: everything, isPersistent });
  const got: IPublishPacket[] = [];
  const stream = parser({ protocolVersion: 4 }).on("packet", (packet) => {
    if (packet.cmd === "publish") got.push(packet);
  });
  session.delivery.attach({
    write: (frame) => void stream.parse(frame),
    isFull: () => false,
    acknowledge: () => undefined,
    isBusy: () => false,
    close() {},
  });
  session.delivery.resume();
  return { session, got };
}

const publish = fc.record({
  do: fc.constant("publish" as const),
  qos: fc.constantFrom<Qos>(1, 2),
  count: fc.integer({ min: 1, max: 8 }),
});
const ofClient = fc.record({
  do: fc.constantFrom(
    "toggle" as const,
    "acknowledge" as const,
    "unsubscribe" as const,
    "subscribe" as const,
  ),
  clientId: fc.constantFrom(...clientIds),
});
const ofHub = fc.record({ do: fc.constantFrom("crash" as const, "stop" as const, "settle" as const) });
const steps = fc.array(fc.oneof(publish, ofClient, ofHub), { maxLength: 60 });
type Step = typeof steps extends fc.Arbitrary<(infer S)[]> ? S : never;

/** What happened to the messages so far. */
interface Fate {
  readonly published: Set<string>;
  readonly acknowledged: Map<string, number>;
  /** May be missing: not on disk in a crash, or QoS 2 under way to a client whose session ended. */
  readonly lost: Set<string>;
  /** May come twice: the acknowledgement was not on disk yet in a crash. */
  readonly again: Set<string>;
  /** Was on disk once, so it stays until it is acknowledged. */
  readonly kept: Set<string>;
  readonly unsettledAcknowledgements: Set<string>;
}

const isPersistent = (clientId: string): boolean => clientId === "a" || clientId === "b";

/** Four clients of one group; "a" and "b" outlive their connections, and "a" never unsubscribes. */
function createWorld(strategy: ShareStrategy) {
  let hub = createHub(createMemoryStorage(), strategy);
  const clients = new Map<string, Client>();
  const fate: Fate = {
    published: new Set(),
    acknowledged: new Map(),
    lost: new Set(),
    again: new Set(),
    kept: new Set(),
    unsettledAcknowledgements: new Set(),
  };

  async function settle(): Promise<void> {
    await hub.settled();
    for (const { payload } of queued(hub)) fate.kept.add(textOf(payload));
    fate.unsettledAcknowledgements.clear();
  }

  function connect(clientId: string): void {
    const client = open(hub, clientId, isPersistent(clientId));
    clients.set(clientId, client);
    if (!isPersistent(clientId)) client.session.subscribe(share, 2);
  }

  function disconnect(clientId: string, { session, got }: Client): void {
    clients.delete(clientId);
    for (const { payload, qos } of isPersistent(clientId) ? [] : got) {
      if (qos !== 2) continue;
      // Under way to a session that ends with the connection.
      fate.lost.add(textOf(payload));
      fate.kept.delete(textOf(payload));
    }
    hub.sessions.leave(session);
    session.passOn();
  }

  function acknowledge(clientId: string, most: number): void {
    const client = clients.get(clientId);
    if (client === undefined) return;
    for (let left = most; left > 0 && client.got.length > 0; left--) {
      const { messageId = 0, payload } = client.got.shift()!;
      const name = textOf(payload);
      fate.acknowledged.set(name, (fate.acknowledged.get(name) ?? 0) + 1);
      fate.unsettledAcknowledgements.add(name);
      client.session.delivery.acknowledge(messageId);
    }
  }

  function crash(): void {
    for (const name of fate.published) if (!fate.kept.has(name)) fate.lost.add(name);
    for (const name of fate.unsettledAcknowledgements) fate.again.add(name);
    clients.clear();
    fate.unsettledAcknowledgements.clear();
    hub = createHub(hub.storage.fork(), strategy);
  }

  function publishSome(count: number, qos: Qos): void {
    for (let left = count; left > 0; left--) {
      const name = `${fate.published.size}`;
      fate.published.add(name);
      hub.publish(name, qos);
    }
  }

  function actOf(what: Step & { readonly clientId: string }): void {
    const client = clients.get(what.clientId);
    if (what.do === "toggle" && client === undefined) connect(what.clientId);
    else if (what.do === "toggle" && client !== undefined) disconnect(what.clientId, client);
    else if (what.do === "acknowledge") acknowledge(what.clientId, 2);
    else if (what.do === "subscribe") client?.session.subscribe(share, 2);
    else if (what.clientId !== "a") client?.session.unsubscribe(share);
  }

  return {
    async begin() {
      for (const clientId of ["a", "b"]) {
        connect(clientId);
        clients.get(clientId)?.session.subscribe(share, 2);
      }
      await settle();
    },
    async take(what: Step) {
      if (what.do === "publish") publishSome(what.count, what.qos);
      else if ("clientId" in what) actOf(what);
      else {
        if (what.do !== "crash") await settle();
        if (what.do !== "settle") crash();
      }
    },
    /** Everybody comes and acknowledges everything. */
    async end() {
      for (const clientId of ["a", "b"]) if (!clients.has(clientId)) connect(clientId);
      let before = -1;
      while (before !== fate.acknowledged.size) {
        before = fate.acknowledged.size;
        for (const clientId of clientIds) acknowledge(clientId, Infinity);
        await settle();
        for (const clientId of clientIds) acknowledge(clientId, Infinity);
      }
      await settle();
      return { ...fate, rows: queued(hub) };
    },
  };
}

test.for(["round-robin", "sticky"] as const)(
  "B10: whoever comes, goes, or crashes, each message of a group is acknowledged once (%s)",
  async (strategy) => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const world = createWorld(strategy);
        await world.begin();
        for (const what of taken) await world.take(what);
        const { published, acknowledged, lost, again, rows } = await world.end();
        const missing = [...published].filter((name) => !acknowledged.has(name) && !lost.has(name));
        const doubled = [...acknowledged].filter(([name, times]) => times > 1 && !again.has(name));
        expect({ missing, doubled, rows }).toEqual({ missing: [], doubled: [], rows: [] });
      }),
      { numRuns: 300 },
    );
  },
);

test("while a client that was lent a message has it, no other gets its packet id on disk", async () => {
  const hub = createHub(createMemoryStorage(), "round-robin");
  const lender = open(hub, "a", true);
  lender.session.subscribe(share, 1);
  lender.session.subscribe("own", 1);
  hub.sessions.leave(lender.session);
  hub.publish("lent", 1);
  open(hub, "c", false).session.subscribe(share, 1);
  const back = open(hub, "a", true);
  const ids = new Set<number>();
  for (let round = 0; round < 22_000; round++) {
    for (let index = 0; index < sendWindow; index++) hub.publish("x", 1, "own");
    await hub.settled();
    for (const { messageId = 0 } of back.got.splice(0)) {
      ids.add(messageId);
      back.session.delivery.acknowledge(messageId);
    }
  }
  await hub.settled();
  const [row] = queued(hub);
  expect(queued(hub)).toHaveLength(1);
  expect(ids.size).toBe(65_534);
  expect(ids.has(row?.packetId ?? 0)).toBe(false);
});
