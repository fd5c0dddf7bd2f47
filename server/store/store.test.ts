import { chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore } from "./store.ts";
import { createTestFolder, type TestFolder } from "./testing.ts";

let place: TestFolder;

beforeEach(() => {
  place = createTestFolder();
});
afterEach(() => place.remove());

const hubPath = () => join(place.folder, "hub.db");

function change(path: string, sql: string): void {
  const database = new Database(path);
  database.exec(sql);
  database.close();
}

describe("opening a store", () => {
  it("makes a folder and files that only the owner can use", async () => {
    const folder = join(place.folder, "new", "data");
    const store = await openStore({ folder, now: () => 0 });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of ["hub.db", "history.db", "secrets.key"])
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(store.health().map(({ file, state }) => [file, state])).toEqual([
      ["hub", "ok"],
      ["history", "ok"],
    ]);
    await store.close();
  });

  it("is refused while another one has the folder", async () => {
    const store = await place.open();
    await expect(place.open()).rejects.toMatchObject({ code: "store.locked" });
    await store.close();
    await (await place.open()).close();
  });

  it("refuses a newer database without writing a byte", async () => {
    await (await place.open()).close();
    change(hubPath(), "PRAGMA user_version = 99");
    const before = readFileSync(hubPath());
    await expect(place.open()).rejects.toMatchObject({ code: "store.newer" });
    expect(readFileSync(hubPath()).equals(before)).toBe(true);
  });

  it("refuses the database of another program", async () => {
    change(hubPath(), "CREATE TABLE theirs (a)");
    await expect(place.open()).rejects.toMatchObject({ code: "store.foreign" });
  });

  it("refuses a hub.db that is no database, and leaves it alone", async () => {
    writeFileSync(hubPath(), "not a database, ".repeat(1_000));
    await expect(place.open()).rejects.toMatchObject({ code: "store.corrupt" });
    expect(readFileSync(hubPath(), "utf8")).toContain("not a database");
  });

  it("finds damage inside hub.db after an unclean stop", async () => {
    const store = await place.open();
    await store.flows.insert(largeFlow());
    await store.close();
    const bytes = readFileSync(hubPath());
    bytes.fill(0x5a, bytes.length - 16_384);
    writeFileSync(hubPath(), bytes);
    writeFileSync(`${hubPath()}-wal`, "left over");
    await expect(place.open()).rejects.toMatchObject({ code: "store.corrupt" });
  });

  it("moves a damaged history aside, says so, and goes on with an empty one", async () => {
    writeFileSync(join(place.folder, "history.db"), "not a database, ".repeat(1_000));
    const warnings: string[] = [];
    const store = await openStore({
      folder: place.folder,
      now: () => 7,
      log: { warn: (_fields, sentence) => warnings.push(sentence) },
    });
    expect(warnings).toHaveLength(1);
    expect(readdirSync(join(place.folder, "corrupt-7"))).toContain("history.db");
    expect(store.runs.list({ flow: "any" }).items).toEqual([]);
    await store.close();
  });

  it("refuses a folder or key that others can read, and names it", async () => {
    await (await place.open()).close();
    const key = join(place.folder, "secrets.key");
    chmodSync(key, 0o644);
    await expect(place.open()).rejects.toMatchObject({ code: "store.permissions" });
    await expect(place.open()).rejects.toThrow(key);
    chmodSync(key, 0o600);
    chmodSync(place.folder, 0o755);
    await expect(place.open()).rejects.toMatchObject({ code: "store.permissions" });
    chmodSync(place.folder, 0o700);
    await (await place.open()).close();
  });

  it("closes twice without harm, and leaves no journal", async () => {
    const store = await place.open();
    await store.settings.put("a", 1);
    await Promise.all([store.close(), store.close()]);
    expect(existsSync(`${hubPath()}-wal`)).toBe(false);
    await expect(store.settings.put("a", 2)).rejects.toMatchObject({ code: "store.closed" });
  });
});

function largeFlow() {
  return {
    id: "large",
    name: "Large",
    enabled: false,
    draft: { text: "x".repeat(100_000) },
    revision: 1,
    deployedVersion: null,
    createdAt: 0,
    updatedAt: 0,
    updatedBy: "u",
  };
}
