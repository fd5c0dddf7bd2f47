import { expect, test } from "vitest";
import { createHubNotices } from "./hubNotices.ts";
import { readReplay } from "./replay.ts";
import { createTestFolder } from "./store/testing.ts";

test("a message is tried at two starts; at the third it is given up, and the inbox says so", async () => {
  const { open, reopen, remove } = createTestFolder();
  let store = await open();
  const message = {
    do: "journal",
    id: "boot-m1",
    topic: "cold/north",
    payload: Buffer.from("7.5"),
    qos: 1,
    retain: false,
    clientId: "sensor",
    user: "sensor",
    epoch: 3,
    will: false,
    seenAt: 5,
    origin: undefined,
  } as const;
  await store.broker.commit([message]);
  const told: string[] = [];
  const log = { info: () => {}, warn: () => {}, error: (_: object, text: string) => void told.push(text) };
  for (const start of [1, 2]) {
    store = await reopen(store);
    const [entry, ...others] = await readReplay({
      store,
      notices: createHubNotices({ live: { inbox: store.notifications }, now: () => start }),
      log,
    });
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      done: [],
      arrival: { topic: "cold/north", journalId: "boot-m1", replayed: true, seenAt: 5, clientId: "sensor" },
    });
  }
  store = await reopen(store);
  expect(
    await readReplay({
      store,
      notices: createHubNotices({ live: { inbox: store.notifications }, now: () => 3 }),
      log,
    }),
  ).toEqual([]);
  expect(told).toEqual([expect.stringContaining('"cold/north"')]);
  expect(store.notifications.list({}).items).toMatchObject([{ title: "A message was given up" }]);
  expect(await store.broker.waitingEvents()).toEqual([]);
  await store.close();
  remove();
});
