import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { nodes } from "#flows/nodes/index.ts";
import type { Store } from "#server/store/store.ts";
import { type TestFolder, createTestFolder } from "#server/store/testing.ts";
import type { Replay, RuntimeArrival, RuntimePublish, RuntimeStore } from "./parts.ts";
import type { FinishedRun } from "./runner.ts";
import { type Runtime, createRuntime } from "./runtime.ts";
import { runtimeLimits } from "./runtimeLimits.ts";

/** Passes on at QoS 1: one row of the outbox for each message. */
const passOn = (id: string, qos: 0 | 1 = 1, filter = "in/+") => ({
  millrace: 1,
  id,
  name: id,
  nodes: {
    in: { type: "mqtt-in", config: { filters: [filter] } },
    out: { type: "publish", config: { topic: `out/${id}`, qos } },
  },
  wires: [{ from: "in", to: "out" }],
});

/** Remembers every message, in order, for an hour. */
const remember = (id: string) => ({
  millrace: 1,
  id,
  name: id,
  nodes: {
    in: { type: "mqtt-in", config: { filters: ["in/+"] } },
    later: { type: "delay", config: { for: "1h", key: "*" } },
    out: { type: "publish", config: { topic: "later", qos: 0 } },
  },
  wires: [
    { from: "in", to: "later" },
    { from: "later", to: "out" },
  ],
});

/** Publishes at QoS 0 what differs from the last value. */
const onChange = (id: string) => ({
  millrace: 1,
  id,
  name: id,
  nodes: {
    in: { type: "mqtt-in", config: { filters: ["in/+"] } },
    changed: { type: "changed", config: {} },
    out: { type: "publish", config: { topic: "news", qos: 0 } },
  },
  wires: [
    { from: "in", to: "changed" },
    { from: "changed", to: "out" },
  ],
});

// Each test opens a store of its own, with its writer thread.
vi.setConfig({ testTimeout: 20_000 });

const HOUR_MS = 3_600_000;

let place: TestFolder;
let store: Store;
let bootCount: number;

beforeEach(async () => {
  place = createTestFolder();
  store = await place.open();
  bootCount = 0;
});
afterEach(async () => {
  await store.close();
  place.remove();
});

describe("a message of the journal", () => {
  test("goes in the transaction that holds what its run caused, and is the event of the run", async () => {
    const { say, finished, runtime, commits } = await running([passOn("a")]);
    const id = say("in/x", "1");
    await settled();
    expect(commits).toMatchObject([{ outbox: [{ id: `${id}-a.out.0` }], consumed: [id] }]);
    expect(await journal()).toEqual([]);
    expect(effects()).toEqual([`${id}-a.out.0`]);
    expect(finished).toMatchObject([{ trigger: "in/x", run: { id: `${id}-a`, eventId: id } }]);
    expect(runtime.counts()).toMatchObject({ journaled: 1, replayed: 0, consumed: 1 });
  });

  test("is consumed with the work of all flows it sets off in one commit, state and timers too", async () => {
    const { say, commits } = await running([passOn("a"), remember("b"), onChange("c")]);
    const id = say("in/x", "1");
    await settled();
    expect(commits).toHaveLength(1);
    expect(commits[0]).toMatchObject({
      outbox: [{ flow: "a" }],
      timers: [{ flow: "b" }],
      consumed: [id],
    });
    expect(commits[0]?.states.map(({ flow }) => flow)).toEqual(["b", "c"]);
    expect(remembered("b")).toEqual(["1"]);
  });

  test("leaves no trace of its run while it is in the journal: a crash before the commit takes both back", async () => {
    const first = await running([passOn("a"), remember("b")]);
    first.crash();
    const id = first.say("in/x", "1");
    await settled();
    expect([effects(), remembered("b"), await journal()]).toEqual([[], [], [{ id, done: [] }]]);

    const second = await restarted([passOn("a"), remember("b")]);
    await settled();
    expect(second.finished.map(({ run, trigger }) => [run.id, trigger])).toEqual([
      [`${id}-a`, "in/x (replayed)"],
      [`${id}-b`, "in/x (replayed)"],
    ]);
    expect([effects(), remembered("b"), await journal()]).toEqual([[`${id}-a.out.0`], ["1"], []]);
    expect(second.runtime.counts()).toMatchObject({ journaled: 0, replayed: 1, consumed: 1 });
  });

  test("keeps its first arrival time over a replay", async () => {
    const first = await running([remember("b")]);
    first.crash();
    first.say("in/x", "1");
    const cameAt = place.clock.now;
    await settled();
    place.clock.now += 5_000;
    await restarted([remember("b")]);
    await settled();
    expect(waitingIn("b")).toMatchObject([{ message: { seenAt: cameAt } }]);
  });

  test("makes no second row of the outbox when it is replayed although its run is on disk", async () => {
    const first = await running([passOn("a")]);
    const id = first.say("in/x", "1");
    await settled();
    insert({ id: id!, topic: "in/x", text: "1" });
    await restarted([passOn("a")]);
    await settled();
    expect(effects()).toEqual([`${id}-a.out.0`]);
    expect(store.outbox.counts().made).toBe(1);
  });

  test("stays when its commit is refused, and its flows do nothing", async () => {
    const { say, refuse, published, runtime } = await running([passOn("a"), onChange("b")]);
    refuse();
    const id = say("in/x", "1");
    await settled();
    expect([effects(), published, await journal()]).toEqual([[], [], [{ id, done: [] }]]);
    expect(runtime.counts()).toMatchObject({ consumed: 0, commitFailures: 2 });
  });

  test("is consumed within a second where its run left nothing behind, together with others", async () => {
    const { say, advance, commits, published } = await running([passOn("a", 0)]);
    say("in/x", "1");
    say("in/x", "2");
    await settled();
    expect(published.map(({ payload }) => payload)).toEqual(["1", "2"]);
    expect([commits.length, (await journal()).length]).toEqual([0, 2]);
    await advance(runtimeLimits.flushMs);
    expect([commits.length, (await journal()).length]).toEqual([1, 0]);
  });

  test("that left nothing behind rides on the next commit, so that it is never replayed after a later one", async () => {
    const { say, commits } = await running([passOn("a", 0, "in/+"), passOn("b", 1, "in/kept")]);
    const ids = [say("in/x", "1"), say("in/kept", "2")];
    await settled();
    expect(commits.map(({ consumed }) => consumed)).toEqual([ids]);
    expect(await journal()).toEqual([]);
  });

  test("that left nothing behind is still consumed when the commit it rode on was refused", async () => {
    const { say, refuse, advance } = await running([passOn("a", 0)]);
    const accept = refuse();
    say("in/x", "1");
    await settled();
    await advance(runtimeLimits.flushMs);
    expect(await journal()).toHaveLength(1);
    accept();
    say("in/x", "2");
    await settled();
    await advance(runtimeLimits.flushMs);
    expect(await journal()).toEqual([]);
  });

  test("that changed nothing takes the state it saw to the disk, when a QoS 0 message had brought it", async () => {
    const { say, sayQos0, commits } = await running([onChange("c")]);
    sayQos0("in/x", "1");
    const id = say("in/x", "1");
    await settled();
    expect(commits).toMatchObject([{ states: [{ flow: "c", node: "changed" }], consumed: [id] }]);
  });

  test("that nobody listens to any more is consumed", async () => {
    const { say, advance, runtime } = await running([passOn("a")]);
    say("in/x", "1");
    const removed = runtime.remove("a");
    say("in/x", "2");
    await removed;
    say("in/x", "3");
    await settled();
    await advance(runtimeLimits.flushMs);
    expect(await journal()).toEqual([]);
    expect(runtime.counts()).toMatchObject({ journaled: 3, consumed: 3 });
  });

  test(
    "is consumed and counted as dropped when its flow is paused for running away",
    { timeout: 30_000 },
    async () => {
      const { say, sayQos0, advance, runtime } = await running([passOn("a", 0)]);
      for (let second = 0; second < 11; second++) {
        for (let count = 0; count < runtimeLimits.runsPerSecond; count++) sayQos0("in/x", "1");
        await settled();
        await advance(1_000);
      }
      const dropped = runtime.counts().dropped;
      say("in/x", "1");
      await settled();
      expect(runtime.counts().dropped).toBe(dropped + 1);
      await advance(runtimeLimits.flushMs);
      expect(await journal()).toEqual([]);
    },
  );

  test("holds back QoS 0 publishes of all its flows until it is consumed, in their order", async () => {
    const { say, published, hold } = await running([onChange("c"), passOn("a", 0)]);
    const release = hold();
    say("in/x", "1");
    say("in/x", "2");
    await settled();
    expect(published).toEqual([]);
    release();
    await settled();
    const payloadsOf = (topic: string) =>
      published.filter((message) => message.topic === topic).map(({ payload }) => payload);
    expect([payloadsOf("news"), payloadsOf("out/a")]).toEqual([
      ["1", "2"],
      ["1", "2"],
    ]);
  });

  test("never lets a publish of a run that wrote nothing be overtaken by that of a later one", async () => {
    const { say, sayQos0, published } = await running([onChange("c"), passOn("a", 0)]);
    for (const value of ["1", "1", "2", "2", "3"]) {
      say("in/x", value);
      sayQos0("in/y", value);
    }
    await settled();
    const ofA = published.filter(({ topic }) => topic === "out/a").map(({ payload }) => payload);
    expect(ofA).toEqual(["1", "1", "1", "1", "2", "2", "2", "2", "3", "3"]);
  });
});

describe("a message of the journal during a deploy", () => {
  test("is done with flow by flow: the one that waits runs later and has it removed", async () => {
    const { say, runtime, advance } = await running([passOn("a"), passOn("b")]);
    const { deployed, commit } = deploying(runtime, passOn("b", 1));
    const id = say("in/x", "1");
    await settled();
    expect(await journal()).toEqual([{ id, done: ["a"] }]);
    expect(effects()).toEqual([`${id}-a.out.0`]);
    commit();
    await deployed;
    await settled();
    await advance(runtimeLimits.flushMs);
    expect(await journal()).toEqual([]);
    expect(effects()).toEqual([`${id}-a.out.0`, `${id}-b.out.0`]);
    expect(runtime.counts()).toMatchObject({ journaled: 1, consumed: 1 });
  });

  test("goes with the run itself when only the flow that waits listens", async () => {
    const { say, runtime, commits } = await running([passOn("b")]);
    const { deployed, commit } = deploying(runtime, passOn("b", 1));
    const id = say("in/x", "1");
    await settled();
    expect(commits).toEqual([]);
    commit();
    await deployed;
    await settled();
    expect(commits).toMatchObject([{ outbox: [{ flow: "b" }], consumed: [id] }]);
  });

  test("is replayed only in the flows that are not done with it", async () => {
    const first = await running([passOn("a"), passOn("b"), remember("c")]);
    deploying(first.runtime, passOn("b", 1));
    const id = first.say("in/x", "1");
    await settled();
    first.crash();
    const second = await restarted([passOn("a"), passOn("b"), remember("c")]);
    await settled();
    expect(second.finished.map(({ run }) => run.id)).toEqual([`${id}-b`]);
    expect(effects()).toEqual([`${id}-a.out.0`, `${id}-b.out.0`]);
    expect(remembered("c")).toEqual(["1"]);
    expect(await journal()).toEqual([]);
  });

  test("stays for the flow whose part could not be written", async () => {
    const first = await running([passOn("a"), passOn("b")]);
    const { deployed, commit } = deploying(first.runtime, passOn("b", 1));
    const accept = first.refuse();
    const id = first.say("in/x", "1");
    await settled();
    accept();
    commit();
    await deployed;
    await settled();
    await first.advance(runtimeLimits.flushMs);
    expect(await journal()).toEqual([{ id, done: ["b"] }]);
    const second = await restarted([passOn("a"), passOn("b")]);
    await settled();
    expect(second.finished.map(({ run }) => run.id)).toEqual([`${id}-a`]);
  });

  test("is awaited by a flow that waits for its deploy", async () => {
    const { runtime } = await running([passOn("a")]);
    deploying(runtime, passOn("a"));
    expect(runtime.awaits({ topic: "in/x", clientId: "c", user: "u" })).toBe(true);
  });
});

describe("a replay", () => {
  test("keeps the order of arrival, before the start events, and before news", async () => {
    const values = Array.from({ length: runtimeLimits.replayedAtOnce + 2 }, (_, index) => String(index));
    for (const value of values) insert({ id: `j${value}`, topic: "in/x", text: value });
    const { started, say } = boot([remember("b")], await storedReplay());
    say("in/x", "news");
    await started;
    await settled();
    expect(remembered("b")).toEqual([...values, "news"]);
    expect(await journal()).toEqual([]);
  });

  test("waits for the disk between pieces: the writer is never handed more than it takes", async () => {
    const count = runtimeLimits.replayedAtOnce * 3 + 1;
    for (let index = 0; index < count; index++)
      insert({ id: `j${index}`, topic: "in/x", text: String(index) });
    const second = await restarted([passOn("a")]);
    await settled();
    expect(effects()).toEqual(Array.from({ length: count }, (_, index) => `j${index}-a.out.0`));
    expect(second.runtime.counts()).toMatchObject({ replayed: count, consumed: count, commitFailures: 0 });
  });

  test("is merged with overdue deadlines by time", async () => {
    const shortDelay = remember("b");
    shortDelay.nodes.later.config.for = "10s";
    const first = await running([shortDelay]);
    first.say("in/x", "early");
    await settled();
    const armedAt = place.clock.now;
    insert({ id: "before", topic: "in/x", text: "before", seenAt: armedAt + 9_000 });
    insert({ id: "after", topic: "in/x", text: "after", seenAt: armedAt + 11_000 });
    first.crash();
    place.clock.now += 60_000;
    const second = await restarted([shortDelay]);
    expect(second.finished.map(({ trigger }) => trigger)).toEqual([
      "in/x (replayed)",
      "timer of later",
      "in/x (replayed)",
    ]);
  });

  test("of a message whose flows are all gone or done ends it", async () => {
    insert({ id: "gone", topic: "elsewhere", text: "1" });
    insert({ id: "done", topic: "in/x", text: "1" });
    const doneFlows = [{ journalId: "done", flows: ["a"] }];
    await store.runtime.commit({ states: [], timers: [], outbox: [], doneFlows });
    const { finished, advance } = await restarted([passOn("a")]);
    await advance(runtimeLimits.flushMs);
    expect([finished, await journal()]).toEqual([[], []]);
  });

  test("ends at a stop, and what is left stays for the next start", async () => {
    for (let index = 0; index < runtimeLimits.replayedAtOnce * 2; index++)
      insert({ id: `j${index}`, topic: "in/x", text: "1" });
    const { runtime, started } = boot([passOn("a")], await storedReplay());
    await runtime.stop();
    await started;
    expect(await journal()).toHaveLength(runtimeLimits.replayedAtOnce);
  });

  test("gives every flow each message once and in order, wherever the hub crashed", async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ isDurable: fc.boolean(), isSettled: fc.boolean() }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.array(fc.nat({ max: 6 }), { maxLength: 3 }),
        async (messages, crashes) => {
          const [a, b] = [`a${++round}`, `b${round}`];
          const flows = [passOn(a), remember(b)];
          let hub = await restarted(flows);
          const acked: string[] = [];
          for (const [index, { isDurable, isSettled }] of messages.entries()) {
            const crashAt = crashes[index % 4];
            if (crashAt !== undefined) hub.crash(crashAt);
            if (isDurable) acked.push(hub.say("in/x", String(index), round)!);
            else hub.sayQos0("other", String(index));
            if (isSettled || crashAt !== undefined) await settled();
            if (crashAt === undefined) continue;
            // The first restart crashes in its replay.
            boot(flows, await storedReplay(), Math.floor(crashAt / 2));
            await settled();
            hub = await restarted(flows);
          }
          await settled();
          const lost = await restarted(flows);
          await settled();
          expect(effects().filter((id) => id.includes(`-${a}.`))).toEqual(
            acked.map((id) => `${id}-${a}.out.0`),
          );
          expect(waitingIn(b).map(({ message }) => message.id.split("-").slice(0, 3).join("-"))).toEqual(
            acked,
          );
          expect(await journal()).toEqual([]);
          await Promise.all([hub.runtime.stop(), lost.runtime.stop()]);
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe("a runtime with a journal", () => {
  test("tells which topics its flows await, by topic and by device", async () => {
    const watched = {
      millrace: 1,
      id: "watched",
      name: "Watched",
      nodes: { gone: { type: "silence", config: { device: "boiler", for: "1h" } } },
      wires: [],
    };
    const { runtime } = await running([passOn("a"), watched]);
    const awaits = (topic: string, user: string) => runtime.awaits({ topic, clientId: "c", user });
    expect([awaits("in/x", "pump"), awaits("x", "boiler"), awaits("x", "pump")]).toEqual([true, true, false]);
    await runtime.remove("a");
    expect(awaits("in/x", "pump")).toBe(false);
  });

  test("is busy while more than half of its queue waits, and never drops a message of the journal", async () => {
    const { say, sayQos0, runtime } = await running([passOn("a", 0)]);
    const id = say("in/x", "1");
    const half = runtimeLimits.queuedEvents / 2;
    for (let count = 1; count < half; count++) sayQos0("in/x", "1");
    expect(runtime.isBusy()).toBe(false);
    sayQos0("in/x", "1");
    expect(runtime.isBusy()).toBe(true);
    for (let count = 0; count < runtimeLimits.queuedEvents; count++) sayQos0("in/x", "1");
    await settled();
    expect(runtime.isBusy()).toBe(false);
    expect(runtime.counts()).toMatchObject({ journaled: 1 });
    expect(id).toBeDefined();
  });

  test("leaves QoS 0 as it was: nothing is written for a message that left nothing behind", async () => {
    const { sayQos0, commits, advance, published } = await running([passOn("a", 0)]);
    sayQos0("in/x", "1");
    await settled();
    await advance(runtimeLimits.flushMs);
    expect([commits, published.length]).toEqual([[], 1]);
  });

  test("takes what it is done with out of the journal when it stops", async () => {
    const { say, runtime } = await running([passOn("a", 0)]);
    say("in/x", "1");
    await runtime.stop();
    expect(await journal()).toEqual([]);
  });
});

interface Row {
  readonly id: string;
  readonly topic: string;
  readonly text: string;
  readonly seenAt?: number;
}

/** What the broker does before its acknowledgement. */
function insert({ id, topic, text, seenAt = place.clock.now }: Row): void {
  const message = {
    topic,
    payload: Buffer.from(text),
    qos: 1,
    retain: false,
    clientId: "c",
    user: "u",
  } as const;
  const event = { ...message, do: "journal", id, seenAt, epoch: 1, will: false, origin: undefined } as const;
  void store.broker.commit([event]);
}

async function journal(): Promise<unknown[]> {
  return (await store.broker.waitingEvents()).map(({ id, done }) => ({ id, done }));
}

async function storedReplay(): Promise<Replay[]> {
  return (await store.broker.waitingEvents()).map(({ id, done, topic, payload, seenAt }) => ({
    arrival: { ...arrivalOf({ topic, payload, seenAt, qos: 1, journalId: id }), replayed: true },
    done,
  }));
}

function arrivalOf(
  given: Pick<RuntimeArrival, "topic" | "payload" | "qos" | "journalId" | "seenAt">,
): RuntimeArrival {
  return { ...given, retain: false, clientId: "c", user: "u", origin: undefined };
}

/** Ids of the rows in the outbox, oldest first. */
function effects(): string[] {
  return store.outbox.due(place.clock.now + HOUR_MS, 10_000).map(({ id }) => id);
}

function waitingIn(flow: string): { message: { id: string; payload: unknown; seenAt: number } }[] {
  const value = store.runtime.load(flow).states[0]?.value ?? '{"waiting":[]}';
  return (JSON.parse(value) as { waiting: ReturnType<typeof waitingIn> }).waiting;
}

/** Payloads on disk that a flow made with `remember` waits with. */
function remembered(flow: string): string[] {
  return waitingIn(flow).map(({ message }) => String(message.payload));
}

/** A deploy that waits for its own commit. */
function deploying(runtime: Runtime, document: unknown): { deployed: Promise<void>; commit: () => void } {
  let commit = () => {};
  const { program } = runtime.plan(document);
  const deployed = runtime.deploy(program!, 2, () => new Promise<void>((resolve) => (commit = resolve)));
  return { deployed, commit: () => commit() };
}

async function running(documents: readonly unknown[]) {
  const hub = boot(documents, []);
  await hub.started;
  return hub;
}

/** Boots on what the disk holds; the hub before has crashed or is left to itself. */
async function restarted(documents: readonly unknown[]) {
  const hub = boot(documents, await storedReplay());
  await hub.started;
  return hub;
}

/** A runtime over the store of the test, whose crash means that nothing reaches the disk any more. */
function boot(documents: readonly unknown[], replay: readonly Replay[], crashAfterCommits = Infinity) {
  const { clock } = place;
  const bootId = `boot${++bootCount}`;
  const timers = new Map<() => void, number>();
  const published: RuntimePublish[] = [];
  const finished: FinishedRun[] = [];
  const disk = gated();
  disk.crash(crashAfterCommits);
  let count = 0;
  const runtime = createRuntime({
    specs: nodes,
    store: disk.store,
    publish: (message) => published.push(message),
    outboxHasNew() {},
    deviceOf: (_topic, _clientId, user) => (user === "boiler" ? { id: user, name: "Boiler" } : undefined),
    retained: () => [],
    now: () => clock.now,
    schedule(run, delayMs) {
      timers.set(run, clock.now + delayMs);
      return () => timers.delete(run);
    },
    zone: () => "UTC",
    log: { info() {}, warn() {}, error() {} },
    bootId,
  });
  runtime.onRun((run) => finished.push(run));
  const flows = documents.map((document) => ({ document, version: 1 }));
  const started = runtime.start(flows, { from: clock.now, to: clock.now }, replay);
  const tell = (topic: string, text: string, journalId: string | undefined) =>
    runtime.receive(
      arrivalOf({
        topic,
        payload: Buffer.from(text),
        qos: journalId === undefined ? 0 : 1,
        seenAt: clock.now,
        journalId,
      }),
    );
  return {
    ...disk,
    runtime,
    started,
    published,
    finished,
    /** A QoS 1 message, in the journal where a flow awaits it; answers its id there. */
    say(topic: string, text: string, round = 0): string | undefined {
      const id = `${bootId}-${round}-${++count}`;
      insert({ id, topic, text });
      tell(topic, text, id);
      return id;
    },
    sayQos0: (topic: string, text: string) => tell(topic, text, undefined),
    /** Moves the clock on; what the host had scheduled runs in order. */
    async advance(ms: number) {
      const until = clock.now + ms;
      for (;;) {
        const next = [...timers].filter(([, at]) => at <= until).toSorted((one, two) => one[1] - two[1])[0];
        if (next === undefined) break;
        timers.delete(next[0]);
        clock.now = Math.max(clock.now, next[1]);
        next[0]();
        await settled();
      }
      clock.now = until;
    },
  };
}

/** The store of the test behind a gate: it can be closed for good, be slow, or refuse. */
function gated() {
  const commits: Parameters<RuntimeStore["commit"]>[0][] = [];
  let isRefusing = false;
  let left = Infinity;
  let gate: Promise<void> | undefined;
  const wrapped: RuntimeStore = {
    load: store.runtime.load,
    async commit(changes) {
      if (left-- <= 0) return new Promise(() => {});
      if (isRefusing) throw new Error("The disk is gone.");
      commits.push(changes);
      await Promise.all([gate, store.runtime.commit(changes)]);
    },
  };
  return {
    store: wrapped,
    commits,
    /** After so many more commits nothing reaches the disk. */
    crash(after = 0) {
      left = after;
    },
    refuse() {
      isRefusing = true;
      return () => (isRefusing = false);
    },
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => (release = resolve));
      return () => release();
    },
  };
}

/** Lets the runtime evaluate what it was told, and the writer thread write what it was handed. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    // Commits are written in order, so this one stands behind all that were handed in before.
    await store.runtime.setHeartbeat(place.clock.now);
  }
}
