import { join } from "node:path";
import Database from "better-sqlite3";
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

const entry = (at: number) => ({
  at,
  actor: "u1",
  action: "flows.deploy",
  target: `f${at}`,
  detail: at % 2 === 0 ? { from: 1, to: 2 } : null,
  address: "127.0.0.1",
});

async function appendFive(): Promise<void> {
  await Promise.all([1, 2, 3, 4, 5].map((at) => store.audit.append(entry(at))));
}

async function tamper(sql: string): Promise<void> {
  await store.close();
  const database = new Database(join(place.folder, "hub.db"));
  database.exec(sql);
  database.close();
  store = await place.open();
}

it("keeps rows in the order they were appended, over a restart, newest first", async () => {
  await appendFive();
  store = await place.reopen(store);
  await store.audit.append(entry(6));
  const first = store.audit.list({ limit: 4 });
  const second = store.audit.list({ limit: 4, cursor: first.nextCursor });
  expect([...first.items, ...second.items].map(({ at }) => at)).toEqual([6, 5, 4, 3, 2, 1]);
  expect(first.items[0]).toMatchObject(entry(6));
  expect(second.nextCursor).toBeNull();
  expect(store.audit.verify()).toEqual({ isWhole: true, brokenAt: null });
});

it.each([
  ["changed", "UPDATE audit SET actor = 'u2' WHERE seq = 3", 3],
  ["removed", "DELETE FROM audit WHERE seq = 3", 4],
  ["removed at the end", "DELETE FROM audit WHERE seq = 5", null],
  ["removed at the start", "DELETE FROM audit WHERE seq = 1", 2],
  [
    "swapped",
    "UPDATE audit SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN 2 END WHERE seq IN (2, 3); UPDATE audit SET seq = 3 WHERE seq = -3",
    2,
  ],
])("finds a row that was %s", async (_what, sql, brokenAt) => {
  await appendFive();
  await tamper(sql);
  expect(store.audit.verify()).toEqual({ isWhole: false, brokenAt });
});

it("stays whole when old rows are pruned, and goes on", async () => {
  await appendFive();
  await store.audit.prune(4);
  await store.audit.append(entry(6));
  expect(store.audit.list({}).items.map(({ at }) => at)).toEqual([6, 5, 4]);
  expect(store.audit.verify().isWhole).toBe(true);
  await store.audit.prune(100);
  await store.audit.append(entry(7));
  expect(store.audit.verify().isWhole).toBe(true);
});
