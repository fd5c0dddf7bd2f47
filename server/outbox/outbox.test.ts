import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMemoryOutboxStore, type NewRow } from "./memoryOutboxStore.ts";
import { describeOutboxStore } from "./outboxStore.suite.ts";
import { createOutbox, type OutboxParts, type Performer } from "./outbox.ts";
import type { OutboxRow } from "./outboxStore.ts";
import type { OutboxResult } from "./results.ts";

describeOutboxStore("memory", async () => {
  const store = createMemoryOutboxStore(() => 0);
  return { store, add: async (rows) => rows.forEach((row) => store.add(row)) };
});

const HOUR_MS = 3_600_000;

describe("outbox", () => {
  beforeEach(() => vi.useFakeTimers({ now: 0 }));
  afterEach(() => vi.useRealTimers());

  it("delivers a row as soon as it is told about it, and says so", async () => {
    const { add, calls, results, totals } = await startOutbox(async () => ({
      outcome: "delivered",
      status: 200,
    }));
    await add({ id: "run.node.0", target: "host" });
    expect(calls).toEqual(["run.node.0@0"]);
    expect(results).toMatchObject([{ id: "run.node.0", ok: true, attempts: 1, status: 200, flow: "flow" }]);
    expect(totals()).toMatchObject({ sent: 1, pending: 0, dead: 0 });
  });

  it("waits twice as long after each failure, up to five minutes, always with the same id", async () => {
    const { add, calls } = await startOutbox(unavailable, { random: () => 1 });
    await add({ id: "a", target: "host", orderKey: null });
    await pass(30_000);
    expect(calls).toEqual(["a@0", "a@1000", "a@3000", "a@7000", "a@15000"]);
  });

  it("waits half a second at least", async () => {
    const { add, calls } = await startOutbox(unavailable, { random: () => 0 });
    await add({ id: "a", target: "host" });
    await pass(1_000);
    expect(calls).toEqual(["a@0", "a@500", "a@1000"]);
  });

  it("believes Retry-After up to an hour", async () => {
    const { add, calls } = await startOutbox(async () => ({ ...failure, retryAfterMs: 9 * HOUR_MS }));
    await add({ id: "a", target: "host" });
    await pass(HOUR_MS - 1);
    expect(calls).toEqual(["a@0"]);
    await pass(1);
    expect(calls).toEqual(["a@0", `a@${HOUR_MS}`]);
  });

  it("gives up a row older than a day, with the last error", async () => {
    const { add, results, store } = await startOutbox(unavailable);
    await add({ id: "a", target: "host" });
    await pass(25 * HOUR_MS);
    expect(results).toMatchObject([{ id: "a", ok: false, reason: "expired" }]);
    expect(results[0]!.error).toContain("answered 503");
    expect(store.dead(1)).toMatchObject({ reason: "expired" });
  });

  it("buries a refusal at once; a policy refusal too, also when it is thrown", async () => {
    const { add, results, totals } = await startOutbox(async ({ id }) => {
      if (id === "b") throw Object.assign(new Error("127.0.0.1 is not allowed."), { code: "policy" });
      return { outcome: "refused", reason: "refused", error: "answered 400", status: 400 };
    });
    await add({ id: "a", target: "host" }, { id: "b", target: "host" });
    expect(results).toMatchObject([
      { id: "a", ok: false, reason: "refused", status: 400 },
      { id: "b", ok: false, reason: "policy", error: "127.0.0.1 is not allowed." },
    ]);
    expect(totals()).toMatchObject({ dead: 2, pending: 0 });
  });

  it("buries what nobody can carry out", async () => {
    const { add, results } = await startOutbox({ publish: delivered });
    await add({ id: "a", target: "host", kind: "notify" });
    expect(results).toMatchObject([{ ok: false, reason: "unsupported" }]);
  });

  it("revives and discards dead letters", async () => {
    let well = false;
    const { add, outbox, results, totals } = await startOutbox(async () =>
      well ? { outcome: "delivered" } : { outcome: "refused", reason: "refused", error: "no" },
    );
    await add({ id: "a", target: "host" }, { id: "b", target: "host" });
    well = true;
    expect([await outbox.revive(1), await outbox.discard(2)]).toEqual([true, true]);
    expect([await outbox.revive(9), await outbox.discard(9)]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(0);
    expect(results.at(-1)).toMatchObject({ id: "a", ok: true });
    expect(totals()).toMatchObject({ dead: 0, pending: 0 });
  });

  it("keeps rows of one order key in order, one at a time, while others pass", async () => {
    let failuresLeft = 2;
    const { add, calls } = await startOutbox(async ({ id }) => {
      if (id === "a" && failuresLeft > 0) {
        failuresLeft -= 1;
        return failure;
      }
      return { outcome: "delivered" };
    });
    await add(
      { id: "a", target: "host", orderKey: "door" },
      { id: "b", target: "host", orderKey: "door" },
      { id: "c", target: "host", orderKey: "lamp" },
    );
    expect(calls).toEqual(["a@0", "c@0"]);
    await pass(10_000);
    expect(calls.map((call) => call.split("@")[0])).toEqual(["a", "c", "a", "a", "b"]);
  });

  it("keeps the order over a restart, although the first row is not due yet", async () => {
    const store = createMemoryOutboxStore(() => Date.now());
    store.add({ id: "a", target: "host", orderKey: "door", createdAt: 0, nextAt: 4_000, attempt: 2 });
    store.add({ id: "b", target: "host", orderKey: "door", createdAt: 0 });
    const { calls } = await startOutbox(delivered, { store });
    expect(calls).toEqual([]);
    await pass(4_000);
    expect(calls).toEqual(["a@4000", "b@4000"]);
  });

  it("takes back what was leased when the hub died", async () => {
    const store = createMemoryOutboxStore(() => Date.now());
    await store.lease(store.add({ id: "a", target: "host", createdAt: 0 }), 0, HOUR_MS);
    const { calls } = await startOutbox(delivered, { store });
    expect(calls).toEqual(["a@0"]);
  });

  it("calls 4 times per target and 32 times in all at once", async () => {
    const { add, calls, finish } = await startHanging();
    await add(...Array.from({ length: 5 }, (_, index) => ({ id: `one-${index}`, target: "one" })));
    expect(calls).toHaveLength(4);
    await add(
      ...Array.from({ length: 40 }, (_, index) => ({ id: `many-${index}`, target: `many-${index}` })),
    );
    expect(calls).toHaveLength(32);
    await finish("one-0");
    expect(calls).toHaveLength(33);
    expect(calls.at(-1)).toContain("one-4");
  });

  it("publishes to the own broker without waiting for a slot, in order", async () => {
    const { add, calls } = await startOutbox(delivered);
    const rows = Array.from({ length: 40 }, (_, index) => ({
      id: `p${index}`,
      target: "broker",
      kind: "publish" as const,
    }));
    await add(...rows.map((row) => ({ ...row, orderKey: "topic" })));
    expect(calls.map((call) => call.split("@")[0])).toEqual(rows.map(({ id }) => id));
  });

  it("gives a revived row a new day, although it was written long ago", async () => {
    let reason = "refused";
    const { add, outbox, store } = await startOutbox(async () =>
      reason === "refused" ? { outcome: "refused", reason, error: "no" } : failure,
    );
    await add({ id: "a", target: "host" });
    reason = "";
    await pass(48 * HOUR_MS);
    await outbox.revive(1);
    await pass(HOUR_MS);
    expect(store.row(1)).toBeDefined();
    await pass(24 * HOUR_MS);
    expect(store.dead(1)).toMatchObject({ reason: "expired" });
  });

  it("is not held up by many rows for a target that is down", async () => {
    const { add, calls } = await startOutbox(async ({ target }) =>
      target === "down" ? failure : { outcome: "delivered" },
    );
    await add(...Array.from({ length: 2_000 }, (_, index) => ({ id: `x${index}`, target: "down" })), {
      id: "good",
      target: "up",
    });
    expect(calls).toContain("good@0");
  });

  it("stops calling after five failures in a row, probes after 30 s, then ever more rarely, and recovers", async () => {
    let down = true;
    const { add, calls, totals } = await startOutbox(async () => (down ? failure : { outcome: "delivered" }));
    await add(...Array.from({ length: 8 }, (_, index) => ({ id: `r${index}`, target: "host" })));
    await pass(20_000);
    const opened = calls.length;
    expect(opened).toBeLessThan(9);
    expect(totals().openBreakers).toMatchObject([{ target: "host" }]);
    await pass(11_000);
    expect(calls).toHaveLength(opened + 1);
    await pass(58_000);
    expect(calls).toHaveLength(opened + 1);
    await pass(2_000);
    expect(calls).toHaveLength(opened + 2);
    down = false;
    await pass(400_000);
    expect(totals()).toMatchObject({ pending: 0, sent: 8, openBreakers: [] });
  });

  it("delivers everything after an hour of outage", async () => {
    const { add, totals } = await startOutbox(async () =>
      Date.now() < HOUR_MS ? failure : { outcome: "delivered" },
    );
    await add(...Array.from({ length: 100 }, (_, index) => ({ id: `r${index}`, target: "host" })));
    await pass(HOUR_MS + 600_000);
    expect(totals()).toMatchObject({ pending: 0, dead: 0, sent: 100 });
  });

  it("ends rows of a target that never comes back", async () => {
    const { add, totals } = await startOutbox(unavailable);
    await add(...Array.from({ length: 30 }, (_, index) => ({ id: `r${index}`, target: "host" })));
    await pass(26 * HOUR_MS);
    expect(totals()).toMatchObject({ pending: 0, dead: 30 });
  });

  it("keeps the oldest rows of a target at its limit and buries the rest", async () => {
    const { add, results } = await startHanging({ rowsPerTarget: 300 });
    await add(...Array.from({ length: 302 }, (_, index) => ({ id: `r${index}`, target: "host" })));
    await pass(10_000);
    expect(results).toMatchObject([
      { id: "r300", ok: false, reason: "overflow" },
      { id: "r301", ok: false, reason: "overflow" },
    ]);
  });

  it("counts the bytes of a target too", async () => {
    const { add, results } = await startHanging({ perTarget: 1, rowsPerTarget: 2, bytesPerTarget: 20 });
    await add(
      { id: "a", target: "host", body: "x".repeat(10) },
      { id: "b", target: "host", body: "y".repeat(10) },
    );
    await pass(10_000);
    expect(results).toMatchObject([{ id: "b", reason: "overflow" }]);
  });

  it("cuts off an attempt that hangs, and tries again", async () => {
    const signals: AbortSignal[] = [];
    const { add, calls, store } = await startOutbox((_row, signal) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    await add({ id: "a", target: "host" });
    await pass(75_000);
    expect(signals[0]!.aborted).toBe(true);
    expect(store.row(1)).toMatchObject({ attempt: 1, error: "The attempt took too long and was cut off." });
    await pass(1_000);
    expect(calls).toHaveLength(2);
  });

  it("waits for calls under way when it stops, cuts them off after 5 s and keeps their rows", async () => {
    const { add, outbox, store } = await startHanging();
    await add({ id: "a", target: "host" });
    const stopped = outbox.stop();
    await pass(4_999);
    expect(store.row(1)!.leaseUntil).not.toBeNull();
    await pass(1);
    await stopped;
    expect(store.row(1)).toMatchObject({ attempt: 0, leaseUntil: null });
    await outbox.stop();
  });

  it("tells other listeners although one fails, and survives a store that cannot write", async () => {
    const errors: string[] = [];
    const { add, outbox, results, store, calls } = await startOutbox(delivered, {
      log: { warn: () => {}, error: (_details, message) => void errors.push(message) },
    });
    outbox.onResult(() => {
      throw new Error("listener");
    });
    const lease = store.lease.bind(store);
    let full = true;
    store.lease = async (...given) => {
      if (full) throw new Error("disk full");
      return lease(...given);
    };
    await add({ id: "a", target: "host" });
    expect(errors).toEqual(["The outbox could not be read or written: disk full"]);
    full = false;
    await pass(1_000);
    expect(calls).toEqual(["a@1000"]);
    expect(results).toHaveLength(1);
    expect(errors).toHaveLength(2);
  });
});

const failure = { outcome: "retry", error: "answered 503" } as const;
const unavailable: Performer = async () => failure;
const delivered: Performer = async () => ({ outcome: "delivered" });

async function startOutbox(
  perform: OutboxParts["perform"],
  given: Partial<OutboxParts> & { store?: ReturnType<typeof createMemoryOutboxStore> } = {},
) {
  const store = given.store ?? createMemoryOutboxStore(() => Date.now());
  const calls: string[] = [];
  const results: OutboxResult[] = [];
  const watched =
    (performer: Performer): Performer =>
    (row: OutboxRow, signal) => {
      calls.push(`${row.id}@${Date.now()}`);
      return performer(row, signal);
    };
  const outbox = createOutbox({
    now: () => Date.now(),
    schedule(run, delayMs) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    random: () => 0.5,
    log: {
      warn: () => {},
      error: (details, message) => expect.unreachable(`${message} ${JSON.stringify(details)}`),
    },
    ...given,
    store,
    perform: typeof perform === "function" ? watched(perform) : perform,
  });
  outbox.onResult((result) => results.push(result));
  const add = async (...rows: Omit<NewRow, "createdAt">[]) => {
    for (const row of rows) store.add({ createdAt: Date.now(), ...row });
    outbox.poke();
    await pass(0);
  };
  await outbox.start();
  await pass(0);
  return { outbox, store, calls, results, add, totals: () => outbox.counts() };
}

async function startHanging(limits: OutboxParts["limits"] = {}) {
  const waiting = new Map<string, () => void>();
  const started = await startOutbox(
    ({ id }) => new Promise((resolve) => waiting.set(id, () => resolve({ outcome: "delivered" }))),
    { limits },
  );
  const finish = async (id: string) => {
    waiting.get(id)?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { ...started, finish };
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}
