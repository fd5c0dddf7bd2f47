import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Store, StoredFlow } from "./store.ts";
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

const flow: StoredFlow = {
  id: "cold",
  name: "Cold store",
  enabled: false,
  draft: { millrace: 1, nodes: {} },
  revision: 1,
  deployedVersion: null,
  createdAt: 1,
  updatedAt: 1,
  updatedBy: "u1",
};
const draft = (expectedRevision: number, text: string) => ({
  id: "cold",
  name: text,
  draft: { text },
  expectedRevision,
  updatedAt: 2,
  updatedBy: "u2",
});
const deployment = (version: number, forgetNodes: readonly string[] = []) => ({
  flow: "cold",
  version,
  document: { version },
  author: "u1",
  comment: null,
  createdAt: 3,
  forgetNodes,
});
const timer = { flow: "cold", key: "", timer: "t", dueAt: 9, armedAt: 1, cause: "c", hops: 0 };

async function remember(nodes: readonly string[]): Promise<void> {
  await store.runtime.commit({
    states: nodes.map((node) => ({ flow: "cold", node, key: "", value: "1" })),
    timers: nodes.map((node) => ({ ...timer, node })),
    outbox: [],
  });
}

describe("a flow", () => {
  it("is there again after a restart, with its draft", async () => {
    expect(await store.flows.insert(flow)).toBe(true);
    expect(await store.flows.insert(flow)).toBe(false);
    expect(await store.flows.setEnabled("cold", true)).toBe(true);
    store = await place.reopen(store);
    expect(store.flows.get("cold")).toEqual({ ...flow, enabled: true });
    const { draft: _draft, ...summary } = flow;
    expect(store.flows.list()).toEqual([{ ...summary, enabled: true }]);
    expect(store.flows.get("none")).toBeUndefined();
  });

  it("lets one of two writers win, and tells the other", async () => {
    await store.flows.insert(flow);
    const answers = await Promise.all([
      store.flows.saveDraft(draft(1, "a")),
      store.flows.saveDraft(draft(1, "b")),
    ]);
    expect(answers).toEqual([true, false]);
    expect(store.flows.get("cold")).toMatchObject({
      name: "a",
      draft: { text: "a" },
      revision: 2,
      updatedBy: "u2",
    });
    expect(await store.flows.saveDraft(draft(2, "b"))).toBe(true);
    expect(await store.flows.saveDraft({ ...draft(1, "b"), id: "none" })).toBe(false);
  });

  it("goes with its versions, state and timers, and a new one of its name starts afresh", async () => {
    await store.flows.insert(flow);
    await store.flows.deploy(deployment(1));
    await remember(["a"]);
    expect(await store.flows.remove("cold")).toBe(true);
    expect(await store.flows.remove("cold")).toBe(false);
    expect(store.runtime.load("cold")).toEqual({ states: [], timers: [] });
    await remember(["late"]);
    await store.flows.insert(flow);
    expect(store.runtime.load("cold")).toEqual({ states: [], timers: [] });
    expect(store.flows.versions("cold")).toEqual([]);
  });
});

describe("a deployment", () => {
  it("makes a version, marks it live, and forgets the nodes it names, together", async () => {
    await store.flows.insert(flow);
    await remember(["kept", "gone"]);
    expect(await store.flows.deploy(deployment(1, ["gone", "unknown"]))).toBe(true);
    expect(await store.flows.deploy({ ...deployment(2), comment: "better" })).toBe(true);
    store = await place.reopen(store);
    expect(store.flows.get("cold")?.deployedVersion).toBe(2);
    expect(store.flows.versions("cold").map(({ version, comment }) => [version, comment])).toEqual([
      [2, "better"],
      [1, null],
    ]);
    expect(store.flows.version("cold", 1)).toMatchObject({ document: { version: 1 }, author: "u1" });
    expect(store.flows.version("cold", 3)).toBeUndefined();
    const memory = store.runtime.load("cold");
    expect(memory.states.map(({ node }) => node)).toEqual(["kept"]);
    expect(memory.timers.map(({ node }) => node)).toEqual(["kept"]);
  });

  it("changes nothing when the version exists, the draft has changed, or the flow is gone", async () => {
    await store.flows.insert(flow);
    await store.flows.deploy(deployment(1));
    await remember(["a"]);
    const before = [store.flows.get("cold"), store.runtime.load("cold")];
    expect(await store.flows.deploy({ ...deployment(1, ["a"]), document: {} })).toBe(false);
    expect(await store.flows.deploy({ ...deployment(2, ["a"]), expectedRevision: 7 })).toBe(false);
    expect(await store.flows.deploy({ ...deployment(2), flow: "none" })).toBe(false);
    expect([store.flows.get("cold"), store.runtime.load("cold")]).toEqual(before);
    expect(store.flows.version("cold", 1)?.document).toEqual({ version: 1 });
  });
});
