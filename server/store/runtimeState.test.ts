import { afterEach, beforeEach, expect, it } from "vitest";
import type { Store } from "./store.ts";
import { createTestFolder, type TestFolder } from "./testing.ts";

let place: TestFolder;
let store: Store;

beforeEach(async () => {
  place = createTestFolder();
  store = await place.open();
});
afterEach(async () => {
  await store.close();
  place.remove();
});

const state = (node: string, value: string | null) => ({ flow: "f", node, key: "k", value });
const timer = (name: string, dueAt: number | null) => ({
  flow: "f",
  node: "n",
  key: "k",
  timer: name,
  dueAt,
  armedAt: 1,
  cause: "e1",
  hops: 2,
});
const effect = {
  id: "run.n.0",
  kind: "publish" as const,
  target: "broker",
  orderKey: null,
  body: { topic: "a" },
  flow: "f",
  node: "n",
  run: "run",
  createdAt: 1,
};

it("gives back states and timers after a restart, timers by their time", async () => {
  await store.runtime.commit({
    states: [state("a", '{"n":1}'), state("b", "2"), { ...state("c", "3"), flow: "other" }],
    timers: [{ ...timer("late", 20), data: { at: [1] } }, timer("soon", 10)],
    outbox: [],
  });
  await store.runtime.commit({ states: [state("a", '{"n":2}')], timers: [timer("soon", 15)], outbox: [] });
  store = await place.reopen(store);
  expect(store.runtime.load("f")).toEqual({
    states: [
      { node: "a", key: "k", value: '{"n":2}' },
      { node: "b", key: "k", value: "2" },
    ],
    timers: [
      { node: "n", key: "k", timer: "soon", dueAt: 15, armedAt: 1, cause: "e1", hops: 2 },
      { node: "n", key: "k", timer: "late", dueAt: 20, armedAt: 1, cause: "e1", hops: 2, data: { at: [1] } },
    ],
  });
});

it("forgets what is set to null", async () => {
  await store.runtime.commit({ states: [state("a", "1")], timers: [timer("t", 5)], outbox: [] });
  await store.runtime.commit({ states: [state("a", null)], timers: [timer("t", null)], outbox: [] });
  expect(store.runtime.load("f")).toEqual({ states: [], timers: [] });
});

it("writes state, timers, effects, notices and counts of a run together", async () => {
  const notice = {
    id: "n1",
    at: 1,
    severity: "warning",
    title: "Warm",
    text: "8 °C",
    flow: "f",
    node: "n",
    run: "run",
  };
  const changes = {
    states: [state("a", "1")],
    timers: [timer("t", 5)],
    outbox: [effect],
    notifications: [notice],
    counts: { "tm.armed": 1 },
  };
  await store.runtime.commit(changes);
  store = await place.reopen(store);
  expect(store.outbox.due(1, 9)).toMatchObject([effect]);
  expect(store.notifications.list({}).items).toEqual([{ ...notice, readAt: null }]);
  expect(store.counters.all()).toMatchObject({ "tm.armed": 1, "fx.made": 1 });
});

it("writes nothing of a run when a part of it is impossible", async () => {
  const commit = store.runtime.commit({
    states: [state("a", "1")],
    timers: [timer("t", Number.NaN)],
    outbox: [effect],
  });
  await expect(commit).rejects.toMatchObject({ code: "store.rejected" });
  expect(store.runtime.load("f")).toEqual({ states: [], timers: [] });
  expect(store.outbox.counts().made).toBe(0);
});

it("takes messages out of the journal, and notes flows that are done with one, together with a run", async () => {
  const message = { topic: "t", payload: Buffer.alloc(0), qos: 1, retain: false, will: false } as const;
  const from = { clientId: undefined, user: undefined, epoch: 0, origin: undefined, seenAt: 0 };
  await store.broker.commit(["a", "b", "c"].map((id) => ({ do: "journal", id, ...message, ...from })));
  const doneFlows = (...flows: string[]) => [{ journalId: "c", flows }];
  const nothing = { states: [], timers: [], outbox: [] };
  await store.runtime.commit({ ...nothing, consumed: ["a", "unknown"], doneFlows: doneFlows("y", "x") });
  await store.runtime.commit({ ...nothing, doneFlows: doneFlows("z", "x") });
  const refused = store.runtime.commit({
    ...nothing,
    timers: [timer("t", Number.NaN)],
    consumed: ["b"],
    doneFlows: doneFlows("w"),
  });
  await expect(refused).rejects.toMatchObject({ code: "store.rejected" });
  expect(await store.broker.waitingEvents()).toMatchObject([
    { id: "b", done: [] },
    { id: "c", done: ["x", "y", "z"] },
  ]);
});

it("remembers when the hub was last alive", async () => {
  expect(store.runtime.heartbeat()).toBeNull();
  await store.runtime.setHeartbeat(5);
  await store.runtime.setHeartbeat(6);
  store = await place.reopen(store);
  expect(store.runtime.heartbeat()).toBe(6);
});
