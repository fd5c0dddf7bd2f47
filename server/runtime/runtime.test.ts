import { describe, expect, test } from "vitest";
import { nodes } from "#flows/nodes/index.ts";
import type { RuntimePublish, RuntimeStore } from "./parts.ts";
import { type Runtime, createRuntime } from "./runtime.ts";
import { runtimeLimits } from "./runtimeLimits.ts";
import type { FinishedRun } from "./runner.ts";

const republish = (qos: 0 | 1) => ({
  millrace: 1,
  id: "republish",
  name: "Republish",
  nodes: {
    in: { type: "mqtt-in", config: { filters: ["in/+"] } },
    out: { type: "publish", config: { topic: "out", qos } },
  },
  wires: [{ from: "in", to: "out" }],
});

const tooWarm = {
  millrace: 1,
  id: "warm",
  name: "Warm",
  nodes: {
    in: { type: "mqtt-in", config: { filters: ["t"] } },
    limit: { type: "threshold", config: { levels: [{ set: 30, for: "60s" }] } },
    out: { type: "publish", config: { topic: "alarm", qos: 0 } },
  },
  wires: [
    { from: "in", to: "limit" },
    { from: "limit.raise", to: "out" },
  ],
};

const counting = {
  millrace: 1,
  id: "counting",
  name: "Counting",
  nodes: {
    in: { type: "mqtt-in", config: { filters: ["c"] } },
    changed: { type: "changed", config: {} },
    out: { type: "publish", config: { topic: "c/out", qos: 0 } },
  },
  wires: [
    { from: "in", to: "changed" },
    { from: "changed", to: "out" },
  ],
};

describe("a runtime", () => {
  test("evaluates a message after the turn it came in, and publishes QoS 0 from memory", async () => {
    const { runtime, say, published, commits } = await running(republish(0));
    say("in/a", "1");
    expect(published).toEqual([]);
    await settled();
    expect(published.map(({ topic, payload }) => [topic, payload])).toEqual([["out", "1"]]);
    expect(commits).toEqual([]);
    expect(runtime.status("republish")).toMatchObject({ state: "running", runs: 1, errors: 0 });
  });

  test("hands QoS 1 to the outbox in the commit of the run, with an id that follows from the event", async () => {
    const { say, published, commits, outboxPokes } = await running(republish(1));
    say("in/a", "1");
    await settled();
    expect(published).toEqual([]);
    expect(commits.at(-1)?.outbox).toMatchObject([
      { id: "boot-1-republish.out.0", kind: "publish", target: "broker" },
    ]);
    expect(outboxPokes()).toBe(1);
  });

  test("lets no effect out before its run is on disk, nor overtake an earlier run of the flow", async () => {
    const { say, advance, published, store } = await running(tooWarm);
    say("t", "31");
    await settled();
    const release = store.hold();
    await advance(60_000);
    expect(published).toEqual([]);
    release();
    await settled();
    expect(published.map(({ topic }) => topic)).toEqual(["alarm"]);
  });

  test("writes state that only QoS 0 changed within a second, once for each key", async () => {
    const { say, advance, commits } = await running(counting);
    for (const value of ["1", "2", "3"]) say("c", value);
    await settled();
    expect(commits).toEqual([]);
    await advance(runtimeLimits.flushMs);
    expect(commits).toHaveLength(1);
    expect(commits[0]?.states).toMatchObject([{ flow: "counting", node: "changed", key: "c" }]);
  });

  test("goes on where it stopped: timers and state come back from the store", async () => {
    const first = await running(tooWarm);
    first.say("t", "31");
    await first.runtime.stop();
    const second = await running(tooWarm, { rows: first.store, nowMs: 30_000 });
    expect(second.runtime.status("warm")).toMatchObject({ pendingTimers: 1, nextTimerAt: 60_000 });
    await second.advance(30_000);
    expect(second.published.map(({ topic }) => topic)).toEqual(["alarm"]);
  });

  test("keeps the old version until the new one is committed, and evaluates what came meanwhile with the new one", async () => {
    const { runtime, say, published } = await running(republish(0));
    const next = structuredClone(republish(0));
    next.nodes.out.config.topic = "new";
    let commit = () => {};
    const { program } = runtime.plan(next);
    const deployed = runtime.deploy(program!, 2, () => new Promise<void>((resolve) => (commit = resolve)));
    say("in/a", "1");
    await settled();
    expect(published).toEqual([]);
    commit();
    await deployed;
    expect(published.map(({ topic }) => topic)).toEqual(["new"]);
    expect(runtime.status("republish")?.version).toBe(2);
  });

  test("tells which memory a flow that is switched off would lose: it used to meet a changed node with the old state", async () => {
    const { runtime, say } = await running(tooWarm);
    say("t", "31");
    await settled();
    await runtime.remove("warm");
    const changed = structuredClone(tooWarm);
    changed.nodes.limit.config.levels = [{ set: 40, for: "60s" }];
    expect(runtime.plan(changed, tooWarm)).toMatchObject({
      reset: ["limit"],
      keptTimers: 0,
      droppedTimers: 1,
    });
    expect(runtime.plan(tooWarm, tooWarm)).toMatchObject({ reset: [], keptTimers: 1, droppedTimers: 0 });
  });

  test("keeps the old version when the new one cannot be committed", async () => {
    const { runtime, say, published } = await running(republish(0));
    const { program } = runtime.plan(republish(0));
    const refused = runtime.deploy(program!, 2, () => Promise.reject(new Error("disk full")));
    say("in/a", "1");
    await expect(refused).rejects.toThrow("disk full");
    await settled();
    expect(published).toHaveLength(1);
    expect(runtime.status("republish")?.version).toBe(1);
  });

  test("counts a run that could not be written, and carries none of its actions out", async () => {
    const { runtime, say, published, store, errors } = await running(republish(1));
    store.fail();
    say("in/a", "1");
    await settled();
    expect(published).toEqual([]);
    expect(runtime.counts().commitFailures).toBe(1);
    expect(errors[0]).toContain("could not be written");
  });

  test(
    "pauses a flow that runs away, says so, and lets it go on after a minute",
    { timeout: 30_000 },
    async () => {
      const { runtime, say, advance } = await running(republish(0));
      for (let second = 0; second < 11; second++) {
        for (let count = 0; count < runtimeLimits.runsPerSecond; count++) say("in/a", "1");
        await settled();
        await advance(1_000);
      }
      say("in/a", "1");
      await settled();
      expect(runtime.status("republish")).toMatchObject({ state: "paused" });
      expect(runtime.counts().dropped).toBeGreaterThan(0);
      await advance(runtimeLimits.pauseMs);
      const before = runtime.status("republish")?.runs ?? 0;
      say("in/a", "1");
      await settled();
      expect(runtime.status("republish")).toMatchObject({ state: "running", runs: before + 1 });
    },
  );

  test("drops the oldest QoS 0 events beyond its queue, counted, and never QoS 1", async () => {
    const { runtime, say } = await running(republish(0));
    say("in/kept", "1", 1);
    for (let count = 0; count < runtimeLimits.queuedEvents; count++) say("in/a", "1");
    await settled();
    expect(runtime.counts()).toMatchObject({ ok: runtimeLimits.queuedEvents, dropped: 1 });
  });

  test("stops a loop of flows at sixteen hops", async () => {
    const looping = structuredClone(republish(0));
    looping.nodes.out.config.topic = "in/again";
    const { runtime, say, published, finished } = await running(looping, { loopsBack: true });
    say("in/a", "1");
    for (let turn = 0; turn < 40; turn++) await settled();
    expect(published).toHaveLength(16);
    expect(finished.at(-1)?.run.errors).toMatchObject([{ code: "limit.hops" }]);
    expect(runtime.status("republish")).toMatchObject({ runs: 17, errors: 1 });
  });

  test("reads retained values at a deploy as state, not as news", async () => {
    const { published, finished } = await running(republish(0), { retained: { "in/a": "31" } });
    await settled();
    expect(published).toEqual([]);
    expect(finished[0]).toMatchObject({ trigger: "in/a (retained)", run: { outcome: "ok", effects: [] } });
  });
});

/** Lets microtasks and the promises behind them come to rest. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Options {
  readonly rows?: ReturnType<typeof memoryStore>;
  readonly nowMs?: number;
  readonly loopsBack?: boolean;
  readonly retained?: Readonly<Record<string, string>>;
}

/** A runtime on a clock of the test, with one deployed flow. */
async function running(
  document: unknown,
  { rows, nowMs = 0, loopsBack = false, retained = {} }: Options = {},
) {
  const clock = { nowMs };
  const timers = new Map<() => void, number>();
  const store = rows ?? memoryStore();
  const published: RuntimePublish[] = [];
  const errors: string[] = [];
  const finished: FinishedRun[] = [];
  let pokes = 0;
  let runtime: Runtime | undefined;
  const say = (topic: string, text: string, qos: 0 | 1 = 0, origin?: RuntimePublish["origin"]) =>
    runtime?.receive({
      topic,
      payload: Buffer.from(text),
      qos,
      retain: false,
      seenAt: clock.nowMs,
      clientId: undefined,
      user: undefined,
      origin,
      journalId: undefined,
    });
  runtime = createRuntime({
    specs: nodes,
    store,
    publish(message) {
      published.push(message);
      if (loopsBack) say(message.topic, String(message.payload), 0, message.origin);
    },
    outboxHasNew: () => pokes++,
    deviceOf: () => undefined,
    retained: () =>
      Object.entries(retained).map(([topic, text]) => ({
        topic,
        payload: Buffer.from(text),
        qos: 0 as const,
      })),
    now: () => clock.nowMs,
    schedule(run, delayMs) {
      timers.set(run, clock.nowMs + delayMs);
      return () => timers.delete(run);
    },
    zone: () => "UTC",
    log: { info() {}, warn() {}, error: (_details, sentence) => errors.push(sentence) },
    bootId: "boot",
  });
  runtime.onRun((run) => finished.push(run));
  await runtime.start([{ document, version: 1 }], { from: nowMs, to: nowMs });
  /** Moves the clock on; what the host had scheduled runs in order. */
  const advance = async (ms: number) => {
    const untilMs = clock.nowMs + ms;
    for (;;) {
      const next = [...timers].filter(([, at]) => at <= untilMs).toSorted((a, b) => a[1] - b[1])[0];
      if (next === undefined) break;
      timers.delete(next[0]);
      clock.nowMs = Math.max(clock.nowMs, next[1]);
      next[0]();
      await settled();
    }
    clock.nowMs = untilMs;
  };
  return {
    runtime,
    say,
    advance,
    published,
    finished,
    errors,
    store,
    commits: store.commits,
    outboxPokes: () => pokes,
  };
}

/** A store in memory: rows by flow, and commits that a test may hold or fail. */
function memoryStore() {
  type Changes = Parameters<RuntimeStore["commit"]>[0];
  const commits: Changes[] = [];
  let gate: Promise<void> = Promise.resolve();
  let hasFailed = false;
  const store: RuntimeStore = {
    load(flow) {
      const states = new Map<string, { node: string; key: string; value: string }>();
      const timers = new Map<string, ReturnType<RuntimeStore["load"]>["timers"][number]>();
      for (const change of commits) {
        for (const { value, node, key, flow: owner } of change.states)
          if (owner === flow && value !== null) states.set(`${node} ${key}`, { node, key, value });
        for (const { dueAt, flow: owner, ...row } of change.timers) {
          const place = `${row.node} ${row.key} ${row.timer}`;
          if (dueAt === null) timers.delete(place);
          else if (owner === flow) timers.set(place, { ...row, dueAt });
        }
      }
      return { states: [...states.values()], timers: [...timers.values()] };
    },
    async commit(changes) {
      if (hasFailed) throw new Error("The disk is gone.");
      commits.push(changes);
      await gate;
    },
  };
  return {
    ...store,
    commits,
    fail: () => (hasFailed = true),
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => (release = resolve));
      return () => release();
    },
  };
}
