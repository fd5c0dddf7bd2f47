import { describe, expect, it } from "vitest";
import type { OutboxRow, OutboxStore } from "./outboxStore.ts";

/** One store under test, and a way to commit rows into it; `close` ends it. */
export interface OutboxStoreUnderTest {
  readonly store: OutboxStore;
  /** Commits rows in this order; they get rising `seq`s. */
  add: (rows: readonly Omit<OutboxRow, "seq" | "attempt" | "leaseUntil" | "error">[]) => Promise<void>;
  close?: () => Promise<void>;
}

/** What every outbox store must do. The store's own clock stands at 0. */
export function describeOutboxStore(name: string, create: () => Promise<OutboxStoreUnderTest>): void {
  const withStore = (test: (under: OutboxStoreUnderTest) => Promise<void>) => async () => {
    const under = await create();
    try {
      await test(under);
    } finally {
      await under.close?.();
    }
  };

  describe(`${name} as an outbox store`, () => {
    it(
      "gives due rows in the order they were written, whole and at most as many as asked",
      withStore(async ({ store, add }) => {
        const body = { title: "Grüße", n: [1, null, true] };
        await add([newRow("a", 0, { body, orderKey: "k" }), newRow("b", 50), newRow("c", 0)]);
        const [first] = store.due(0, 10);
        expect(first).toMatchObject({
          id: "a",
          body,
          orderKey: "k",
          attempt: 0,
          leaseUntil: null,
          error: null,
        });
        expect(idsOf(store, 0)).toEqual(["a", "c"]);
        expect(store.due(50, 2).map(({ id }) => id)).toEqual(["a", "b"]);
      }),
    );

    it(
      "leases a row to one taker only, and hides it until the lease ends",
      withStore(async ({ store, add }) => {
        await add([newRow("a", 0)]);
        const seq = store.due(0, 1)[0]!.seq;
        expect(await store.lease(seq, 0, 1_000)).toBe(true);
        expect(await store.lease(seq, 0, 1_000)).toBe(false);
        expect(idsOf(store, 999)).toEqual([]);
        expect(idsOf(store, 1_000)).toEqual(["a"]);
      }),
    );

    it(
      "counts failed attempts, keeps the last error, and refuses a lease for an older attempt",
      withStore(async ({ store, add }) => {
        await add([newRow("a", 0)]);
        const seq = store.due(0, 1)[0]!.seq;
        await store.lease(seq, 0, 1_000);
        await store.retry(seq, 500, "answered 503");
        expect(idsOf(store, 499)).toEqual([]);
        expect(store.due(500, 1)[0]).toMatchObject({ attempt: 1, error: "answered 503", leaseUntil: null });
        expect(await store.lease(seq, 0, 2_000)).toBe(false);
        expect(await store.lease(seq, 1, 2_000)).toBe(true);
      }),
    );

    it(
      "forgets what was delivered",
      withStore(async ({ store, add }) => {
        await add([newRow("a", 0)]);
        await store.delivered(store.due(0, 1)[0]!.seq);
        expect(idsOf(store, 1e9)).toEqual([]);
        expect(store.counts()).toMatchObject({ pending: 0, dead: 0 });
      }),
    );

    it(
      "keeps dead letters apart until they are revived as new, or discarded",
      withStore(async ({ store, add }) => {
        await add([newRow("a", 0), newRow("b", 0)]);
        const [a, b] = store.due(0, 2).map(({ seq }) => seq);
        await store.lease(a!, 0, 1_000);
        await store.retry(a!, 10, "no");
        await store.bury(a!, "refused", "answered 400");
        await store.bury(b!, "overflow", "too many");
        expect(idsOf(store, 1e9)).toEqual([]);
        expect(store.counts()).toMatchObject({ pending: 0, dead: 2 });
        await store.revive(a!);
        await store.discard(b!);
        expect(store.due(1e15, 9)).toMatchObject([{ id: "a", attempt: 0, leaseUntil: null }]);
        expect(store.counts()).toMatchObject({ pending: 1, dead: 0 });
      }),
    );

    it(
      "gives leased rows back after a restart",
      withStore(async ({ store, add }) => {
        await add([newRow("a", 0)]);
        await store.lease(store.due(0, 1)[0]!.seq, 0, 1e9);
        await store.releaseLeases();
        expect(idsOf(store, 0)).toEqual(["a"]);
      }),
    );
  });
}

function newRow(id: string, nextAt: number, more: Partial<OutboxRow> = {}) {
  return {
    id,
    kind: "http" as const,
    target: "host",
    orderKey: null,
    body: null,
    flow: "f",
    node: "n",
    run: "r",
    createdAt: 0,
    nextAt,
    ...more,
  };
}

function idsOf(store: OutboxStore, nowMs: number): string[] {
  return store.due(nowMs, 10).map(({ id }) => id);
}
