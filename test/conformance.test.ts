// Why here: rooms under server/ may not import each other, so each states in a suite what it expects of a neighbour, and
// only from outside both can the suite be run on the part that the hub really hands it.
import { describeAuthStore } from "../server/auth/authStore.suite.ts";
import { describeBrokerStorage } from "../server/broker/storage.suite.ts";
import { describeChannelKinds } from "../server/channels/channelKinds.suite.ts";
import { createConnect } from "../server/outbox/connect.ts";
import { describeOutboxStore } from "../server/outbox/outboxStore.suite.ts";
import { type Store } from "../server/store/store.ts";
import { createTestFolder } from "../server/store/testing.ts";

describeOutboxStore("the hub's store", async () => {
  const { store, close } = await openStoreAt(0);
  return { store: store.outbox, add: store.outbox.add, close };
});

describeAuthStore("the hub's store", () => openStoreAt(1_000));

describeChannelKinds((allowLoopback) =>
  createConnect({ rules: () => ({ allow: [], allowLoopback }), now: Date.now }),
);

describeBrokerStorage("the hub's store", async () => {
  const { open, remove } = createTestFolder();
  let store = await open();
  return {
    storage: store.broker,
    async reopen() {
      await store.close();
      store = await open();
      return store.broker;
    },
    async close() {
      await store.close();
      remove();
    },
  };
});

/** A store on disk whose clock stands still. */
async function openStoreAt(nowMs: number): Promise<{ store: Store; close: () => Promise<void> }> {
  const { clock, open, remove } = createTestFolder();
  clock.now = nowMs;
  const store = await open();
  return {
    store,
    async close() {
      await store.close();
      remove();
    },
  };
}
