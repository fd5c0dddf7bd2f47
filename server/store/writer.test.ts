import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openForWriting } from "./database.ts";
import { writerLimits, type FileHealth } from "./lane.ts";
import { guard, operation } from "./operation.ts";
import { createReader, type Reader } from "./reader.ts";
import { createWriter, type Writer } from "./writer.ts";

let folder: string;
let writer: Writer;
let reader: Reader;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-writer-"));
  const paths = { hub: join(folder, "hub.db"), history: join(folder, "history.db") };
  for (const file of ["hub", "history"] as const) {
    const database = openForWriting(paths[file], file);
    database.exec("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT");
    database.close();
  }
  writer = createWriter(paths);
  reader = createReader(paths.hub);
});

afterEach(async () => {
  reader.close();
  await writer.close();
  rmSync(folder, { recursive: true, force: true });
});

const insert = (id: number, text: string | null = "x") =>
  operation("INSERT INTO rows VALUES (?, ?)", id, text);
const count = () => reader.get<{ n: number }>("SELECT count(*) AS n FROM rows")?.n;

describe("a commit", () => {
  it("can be read once its promise has resolved", async () => {
    expect(await writer.commit("hub", [insert(1), insert(2)])).toBe(true);
    expect(count()).toBe(2);
  });

  it("resolves in the order of the calls", async () => {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, (_, id) => writer.commit("hub", [insert(id)]).then(() => order.push(id))),
    );
    expect(order).toEqual(Array.from({ length: 500 }, (_, id) => id));
  });

  it("is written whole or not at all, and its neighbours are not disturbed", async () => {
    const results = await Promise.allSettled([
      writer.commit("hub", [insert(1)]),
      writer.commit("hub", [insert(2), insert(3, null)]),
      writer.commit("hub", [insert(4)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { code: "store.rejected" } });
    expect(reader.all("SELECT id FROM rows")).toEqual([{ id: 1 }, { id: 4 }]);
  });

  it("is undone and answers false when its guard finds nothing to change", async () => {
    const group = [insert(1), guard("UPDATE rows SET text = 'y' WHERE id = ?", 9), insert(2)];
    expect(await writer.commit("hub", group)).toBe(false);
    expect(count()).toBe(0);
  });

  it("takes text, numbers, bytes and nothing as values", async () => {
    await writer.commit("hub", [
      operation("CREATE TABLE kinds (a, b, c, d)"),
      operation("INSERT INTO kinds VALUES (?, ?, ?, ?)", "ü\u0000", 1.5, null, Buffer.from([0, 255])),
    ]);
    expect(reader.get("SELECT * FROM kinds")).toEqual({
      a: "ü\u0000",
      b: 1.5,
      c: null,
      d: Buffer.from([0, 255]),
    });
  });

  it("goes to its own file", async () => {
    await writer.commit("history", [insert(1)]);
    expect(count()).toBe(0);
  });
});

describe("a full disk", () => {
  it("keeps what was handed in, tells of it, and goes on by itself when there is room", async () => {
    const told: FileHealth["state"][] = [];
    const isFull = new Promise<void>((resolve) => {
      writer.onHealth(({ state }) => {
        told.push(state);
        if (state === "disk-full") resolve();
      });
    });
    writer.limitPages("hub", 10);
    const big = "x".repeat(20_000);
    const commits = Array.from({ length: 20 }, (_, id) => writer.commit("hub", [insert(id, big)]));
    await isFull;
    expect(writer.health("hub")).toMatchObject({ state: "disk-full" });
    expect(writer.backlog("hub").operations).toBe(20);
    writer.limitPages("hub", 100_000);
    expect(await Promise.all(commits)).toEqual(Array.from({ length: 20 }, () => true));
    expect(count()).toBe(20);
    expect(told).toEqual(["disk-full", "ok"]);
    expect(writer.backlog("hub")).toEqual({ operations: 0, bytes: 0, fill: 0 });
  });

  it("does not keep the other file from being written", async () => {
    writer.limitPages("history", 3);
    const isFull = new Promise<FileHealth>((resolve) => writer.onHealth(resolve));
    const lost = writer.commit("history", [insert(1, "x".repeat(50_000))]);
    expect(await isFull).toMatchObject({ file: "history", state: "disk-full" });
    expect(await writer.commit("hub", [insert(1)])).toBe(true);
    const [result] = await Promise.allSettled([lost, writer.close()]);
    expect(result).toMatchObject({ status: "rejected", reason: { code: "store.disk-full" } });
  });
});

describe("the queue", () => {
  it("takes as many operations as its limit, and refuses the next one", async () => {
    const group = Array.from({ length: writerLimits.queueOperations }, (_, id) => insert(id));
    const taken = writer.commit("hub", group);
    expect(writer.backlog("hub").fill).toBe(1);
    await expect(writer.commit("hub", [insert(-1)])).rejects.toMatchObject({ code: "store.overloaded" });
    expect(await taken).toBe(true);
    expect(await writer.commit("hub", [insert(-1)])).toBe(true);
  });

  it("takes as many bytes as its limit, and refuses the next one", async () => {
    const text = "x".repeat(writerLimits.queueBytes / 4 - 16);
    const taken = [1, 2, 3, 4].map((id) => writer.commit("hub", [insert(id, text)]));
    await expect(writer.commit("hub", [insert(5)])).rejects.toMatchObject({ code: "store.overloaded" });
    await Promise.all(taken);
    expect(count()).toBe(4);
  });
});

describe("closing", () => {
  it("writes what waits, then refuses", async () => {
    const commits = Array.from({ length: 3_000 }, (_, id) => writer.commit("hub", [insert(id)]));
    await writer.close();
    await Promise.all(commits);
    expect(count()).toBe(3_000);
    await expect(writer.commit("hub", [insert(-1)])).rejects.toMatchObject({ code: "store.closed" });
  });

  it("leaves no journal behind", async () => {
    await writer.commit("hub", [insert(1)]);
    reader.close();
    await writer.close();
    expect(existsSync(join(folder, "hub.db-wal"))).toBe(false);
  });
});

describe("a writer thread that cannot start", () => {
  it("fails both files, refuses what was handed in, and still closes", async () => {
    const nowhere = join(folder, "missing", "hub.db");
    const broken = createWriter({ hub: nowhere, history: nowhere });
    const [result] = await Promise.allSettled([broken.commit("hub", [insert(1)])]);
    expect(result).toMatchObject({ status: "rejected", reason: { code: "store.failed" } });
    expect(broken.health("history").state).toBe("failed");
    await broken.close();
  });
});
