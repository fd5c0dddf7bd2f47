import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLane, writerLimits, type FileHealth, type Lane } from "./lane.ts";
import { operation, type Operation } from "./operation.ts";

/** A lane whose disk is played by the test. */
let lane: Lane;
let batches: (readonly (readonly Operation[])[])[];
let told: FileHealth["state"][];

beforeEach(() => {
  vi.useFakeTimers();
  batches = [];
  told = [];
  lane = createLane({
    file: "hub",
    send: (groups) => batches.push(groups),
    onHealth: ({ state }) => told.push(state),
  });
});
afterEach(() => vi.useRealTimers());

const commit = (count = 1, text = "") =>
  lane.commit(Array.from({ length: count }, () => operation("x", text)));
const sizes = () => batches.map((groups) => groups.map((group) => group.length));
const write = (index: number) =>
  lane.receive({ kind: "done", outcomes: batches[index]?.map(() => true) ?? [] });

describe("batches", () => {
  it("take all that one turn brings, and the next one collects while the first is under way", () => {
    void commit();
    void commit(2);
    expect(batches).toEqual([]);
    vi.runAllTimers();
    void commit(3);
    void commit(4);
    vi.runAllTimers();
    expect(sizes()).toEqual([[1, 2]]);
    write(0);
    expect(sizes()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("hold as many operations as the limit, and split no group", () => {
    const { batchOperations } = writerLimits;
    void commit(batchOperations - 1);
    void commit(1);
    void commit(1);
    void commit(batchOperations + 1);
    vi.runAllTimers();
    write(0);
    write(1);
    expect(sizes()).toEqual([[batchOperations - 1, 1], [1], [batchOperations + 1]]);
  });

  it("hold as many bytes as the limit", () => {
    const half = "x".repeat(writerLimits.batchBytes / 2 - 8);
    void commit(1, half);
    void commit(1, half);
    void commit(1, half);
    vi.runAllTimers();
    expect(sizes()).toEqual([[1, 1]]);
  });
});

describe("a disk that fails", () => {
  it("rejects all that waits and all that comes, and is not asked again", async () => {
    const results = Promise.allSettled([commit(), commit()]);
    vi.runAllTimers();
    const late = Promise.allSettled([commit()]);
    lane.receive({ kind: "failed", message: "SQLITE_IOERR_FSYNC: disk I/O error" });
    const after = Promise.allSettled([commit()]);
    for (const result of [...(await results), ...(await late), ...(await after)])
      expect(result).toMatchObject({ status: "rejected", reason: { code: "store.failed" } });
    vi.runAllTimers();
    expect(batches).toHaveLength(1);
    expect(told).toEqual(["failed"]);
    expect(lane.health().message).toContain("SQLITE_IOERR_FSYNC");
    await lane.drain();
  });
});

describe("a disk that is full or a file that is busy", () => {
  it("gets the same batch again each second until it is written", async () => {
    const first = commit(2);
    vi.runAllTimers();
    const second = commit(1);
    lane.receive({ kind: "disk-full", message: "full" });
    vi.advanceTimersByTime(writerLimits.retryMs - 1);
    expect(sizes()).toEqual([[2]]);
    vi.advanceTimersByTime(1);
    lane.receive({ kind: "busy", message: "locked" });
    vi.advanceTimersByTime(writerLimits.retryMs);
    expect(sizes()).toEqual([[2], [2], [2]]);
    write(2);
    write(3);
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(told).toEqual(["disk-full", "busy", "ok"]);
  });

  it("refuses from the last chance on instead of making everybody wait, and takes what it has room for", async () => {
    const lost = Promise.allSettled([commit()]);
    vi.runAllTimers();
    lane.receive({ kind: "disk-full", message: "full" });
    lane.lastChance();
    expect(batches).toHaveLength(2);
    lane.receive({ kind: "disk-full", message: "full" });
    expect(await lost).toMatchObject([{ status: "rejected", reason: { code: "store.disk-full" } }]);
    const late = commit();
    vi.runAllTimers();
    write(2);
    expect(await late).toBe(true);
  });

  it("gets one last chance at the end, and then the rest is refused by name", async () => {
    const lost = Promise.allSettled([commit()]);
    vi.runAllTimers();
    lane.receive({ kind: "disk-full", message: "full" });
    const drained = lane.drain();
    expect(batches).toHaveLength(2);
    lane.receive({ kind: "disk-full", message: "full" });
    await drained;
    expect(await lost).toMatchObject([{ status: "rejected", reason: { code: "store.disk-full" } }]);
  });
});
