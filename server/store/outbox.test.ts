import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deadLetterLimits } from "./outbox.ts";
import type { NewOutboxItem } from "./outboxItem.ts";
import type { Store } from "./store.ts";
import { createTestFolder, type TestFolder } from "./testing.ts";

let place: TestFolder;
let store: Store;

beforeEach(async () => {
  place = createTestFolder();
  place.clock.now = 1_000;
  store = await place.open();
});
afterEach(async () => {
  await store.close();
  place.remove();
});

const item = (id: string, more: Partial<NewOutboxItem> = {}): NewOutboxItem => ({
  id,
  kind: "http",
  target: "host",
  orderKey: null,
  body: { id },
  flow: "f",
  node: "n",
  run: "r",
  createdAt: 1_000,
  ...more,
});
const dueIds = (at = 1_000) => store.outbox.due(at, 100).map(({ id }) => id);
const seqOf = (id: string) => store.outbox.due(1e15, 1_000).find((due) => due.id === id)?.seq ?? -1;

describe("an item", () => {
  it("is there again after a restart, whole and in order", async () => {
    await store.outbox.add([item("a", { orderKey: "k" }), item("b", { nextAt: 5_000 }), item("c")]);
    store = await place.reopen(store);
    expect(store.outbox.due(1_000, 10)).toMatchObject([
      { id: "a", body: { id: "a" }, orderKey: "k", attempt: 0, nextAt: 1_000, leaseUntil: null, error: null },
      { id: "c" },
    ]);
    expect(store.outbox.due(5_000, 2).map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("with an id that waits or is dead already is passed over", async () => {
    await store.outbox.add([item("a"), item("b")]);
    await store.outbox.bury(seqOf("b"), "refused", null);
    await store.outbox.add([item("a", { body: "other" }), item("b"), item("c")]);
    expect(dueIds()).toEqual(["a", "c"]);
    expect(store.outbox.counts()).toMatchObject({ made: 3, pending: 2, dead: 1 });
  });

  it("is leased to one taker, at the attempt it names, until the lease ends", async () => {
    await store.outbox.add([item("a")]);
    const seq = seqOf("a");
    expect(await store.outbox.lease(seq, 1, 2_000)).toBe(false);
    const takers = await Promise.all([store.outbox.lease(seq, 0, 2_000), store.outbox.lease(seq, 0, 2_000)]);
    expect(takers).toEqual([true, false]);
    expect(dueIds(1_999)).toEqual([]);
    expect(dueIds(2_000)).toEqual(["a"]);
    expect(store.outbox.list({ state: "leased" }).items).toMatchObject([{ id: "a", state: "leased" }]);
    expect(store.outbox.list({ state: "pending" }).items).toEqual([]);
  });

  it("is free again after a restart once leases are released", async () => {
    await store.outbox.add([item("a")]);
    await store.outbox.lease(seqOf("a"), 0, 9_000);
    store = await place.reopen(store);
    expect(dueIds()).toEqual([]);
    await store.outbox.releaseLeases();
    expect(dueIds()).toEqual(["a"]);
  });

  it("waits for its next attempt with the error of the last", async () => {
    await store.outbox.add([item("a")]);
    const seq = seqOf("a");
    await store.outbox.lease(seq, 0, 9_000);
    await store.outbox.retry(seq, 3_000, "answered 503");
    expect(dueIds(2_999)).toEqual([]);
    expect(store.outbox.due(3_000, 1)).toMatchObject([
      { attempt: 1, error: "answered 503", leaseUntil: null },
    ]);
  });
});

describe("a dead letter", () => {
  it("is listed with its reason, lives again with fresh attempts, or is discarded", async () => {
    await store.outbox.add([item("a"), item("b"), item("c")]);
    const [a, b, c] = [seqOf("a"), seqOf("b"), seqOf("c")];
    await store.outbox.retry(a, 1_000, "answered 400");
    await store.outbox.bury(a, "refused", null);
    await store.outbox.bury(b, "overflow", "too many");
    expect(store.outbox.list({ state: "dead" }).items).toMatchObject([
      { id: "b", state: "dead", reason: "overflow", error: "too many", diedAt: 1_000 },
      { id: "a", reason: "refused", error: "answered 400", attempt: 1 },
    ]);
    expect(await store.outbox.revive(a)).toBe(true);
    expect(await store.outbox.revive(a)).toBe(false);
    expect(await store.outbox.discard(b)).toBe(true);
    expect(await store.outbox.discard(b)).toBe(false);
    expect(await store.outbox.discard(c)).toBe(true);
    expect(store.outbox.due(1e15, 9)).toMatchObject([{ id: "a", attempt: 0 }]);
    expect(store.outbox.counts()).toEqual({
      made: 3,
      sent: 0,
      dead: 0,
      discarded: 2,
      dropped: 0,
      pending: 1,
      leased: 0,
    });
  });

  it("goes when it is too old, counted", async () => {
    await store.outbox.add([item("a"), item("b")]);
    await store.outbox.bury(seqOf("a"), "refused", null);
    place.clock.now += deadLetterLimits.ageMs + 1;
    await store.outbox.bury(seqOf("b"), "refused", null);
    expect(store.outbox.list({ state: "dead" }).items.map(({ id }) => id)).toEqual(["b"]);
    expect(store.outbox.counts()).toMatchObject({ dead: 1, dropped: 1 });
  });

  it("stays up to the limit of rows; beyond it the oldest goes, counted", async () => {
    const half = deadLetterLimits.rows / 2;
    await store.outbox.add(Array.from({ length: half }, (_, index) => item(`a${index}`)));
    await store.outbox.add(Array.from({ length: half + 1 }, (_, index) => item(`b${index}`)));
    const seqs = store.outbox.due(1e15, deadLetterLimits.rows + 1).map(({ seq }) => seq);
    await buryAll(seqs.slice(0, 3_000));
    await buryAll(seqs.slice(3_000, 6_000));
    await buryAll(seqs.slice(6_000, 9_000));
    await buryAll(seqs.slice(9_000, -1));
    expect(store.outbox.counts()).toMatchObject({ dead: deadLetterLimits.rows, dropped: 0 });
    await store.outbox.bury(seqs.at(-1)!, "x", null);
    expect(store.outbox.counts()).toMatchObject({ dead: deadLetterLimits.rows, dropped: 1, pending: 0 });
    expect(await store.outbox.revive(seqs[0]!)).toBe(false);
  });
});

it("lists page by page, newest first", async () => {
  await store.outbox.add(["a", "b", "c"].map((id) => item(id)));
  const first = store.outbox.list({ state: "pending", limit: 2 });
  expect(first.items.map(({ id }) => id)).toEqual(["c", "b"]);
  const second = store.outbox.list({ state: "pending", limit: 2, cursor: first.nextCursor });
  expect([second.items.map(({ id }) => id), second.nextCursor]).toEqual([["a"], null]);
});

it("counts every item exactly once, whatever happens to it", async () => {
  const step = fc.record({
    act: fc.constantFrom("add", "lease", "delivered", "retry", "bury", "revive", "discard"),
    seq: fc.integer({ min: 1, max: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const base = Math.max(0, ...store.outbox.due(1e15, 10_000).map(({ seq }) => seq));
      await Promise.all(
        steps.map(async ({ act, seq: offset }) => {
          const seq = base + offset;
          if (act === "add") await store.outbox.add([item(`i${seq}`)]);
          if (act === "lease") await store.outbox.lease(seq, 0, 2_000);
          if (act === "delivered") await store.outbox.delivered(seq);
          if (act === "retry") await store.outbox.retry(seq, 1_000, "x");
          if (act === "bury") await store.outbox.bury(seq, "x", null);
          if (act === "revive") await store.outbox.revive(seq);
          if (act === "discard") await store.outbox.discard(seq);
        }),
      );
      const { made, sent, dead, discarded, dropped, pending } = store.outbox.counts();
      expect(made).toBe(sent + dead + discarded + dropped + pending);
      expect(dead).toBe(store.outbox.list({ state: "dead", limit: 500 }).items.length);
    }),
    { numRuns: 50 },
  );
});

async function buryAll(seqs: readonly number[]): Promise<void> {
  await Promise.all(seqs.map((seq) => store.outbox.bury(seq, "x", null)));
}
