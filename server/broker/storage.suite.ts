import { describe, expect, test } from "vitest";
import type { BrokerStorage, Change, KeptState } from "./storage.ts";

/** A storage whose content can be read again as after a restart; `close` ends it. */
export interface BrokerStorageUnderTest {
  readonly storage: BrokerStorage;
  /** The same content in a storage that has just been opened. */
  reopen: () => Promise<BrokerStorage>;
  close?: () => Promise<void>;
}

const payload = Buffer.from([0, 0xff, 0x20]);
const queued = { clientId: "c", topic: "a/b", payload, qos: 1, replayed: false } as const;
const will = { clientId: "c", user: "u", epoch: 7, topic: "w", payload, qos: 1, retain: true } as const;
const open = (clientId: string): Change => ({ do: "open", clientId, user: undefined });

/** What every storage of the broker must do, whatever it is made of. */
export function describeBrokerStorage(name: string, create: () => Promise<BrokerStorageUnderTest>): void {
  async function afterwards(...commits: readonly (readonly Change[])[]): Promise<KeptState> {
    const { storage, reopen, close } = await create();
    try {
      await Promise.all(commits.map((changes) => storage.commit(changes)));
      return (await reopen()).load();
    } finally {
      await close?.();
    }
  }

  describe(`${name} as a storage of the broker`, () => {
    test("a new one holds nothing", async () => {
      const { retained, sessions, wills, lastSeq } = await afterwards();
      expect([...retained, ...sessions, ...wills, lastSeq]).toEqual([0]);
    });

    test("B11: retained messages are kept, replaced and deleted in the order of the commits", async () => {
      const about = { payload, qos: 2, user: "u", seenAt: 5 } as const;
      const { retained } = await afterwards(
        [
          { do: "retain", topic: "a", ...about },
          { do: "retain", topic: "b", ...about },
          { do: "retain", topic: "c", ...about },
        ],
        [
          {
            do: "retain",
            topic: "b",
            ...about,
            payload: Buffer.from("new"),
            qos: 0,
            user: undefined,
            seenAt: 6,
          },
        ],
        [{ do: "unretain", topic: "c" }],
      );
      expect([...retained].map((message) => ({ ...message, payload: Buffer.from(message.payload) }))).toEqual(
        [
          { topic: "a", ...about },
          { topic: "b", payload: Buffer.from("new"), qos: 0, user: undefined, seenAt: 6 },
        ],
      );
    });

    test("a session comes back with subscriptions, packet ids and queue; the queue in order of seq", async () => {
      const { sessions, lastSeq } = await afterwards([
        { do: "open", clientId: "c", user: "u" },
        { do: "subscribe", clientId: "c", filter: "a/#", qos: 0 },
        { do: "subscribe", clientId: "c", filter: "a/#", qos: 2 },
        { do: "subscribe", clientId: "c", filter: "b", qos: 1 },
        { do: "unsubscribe", clientId: "c", filter: "b" },
        { do: "inbound", clientId: "c", packetId: 9 },
        { do: "inbound", clientId: "c", packetId: 10 },
        { do: "release", clientId: "c", packetId: 9 },
        ...[12, 10, 11, 13].map((seq): Change => ({ do: "queue", ...queued, seq, packetId: seq - 9 })),
        { do: "receive", seq: 10 },
        { do: "unqueue", seq: 11 },
        { do: "leave", clientId: "c", at: 99, sentCount: 2 },
      ]);
      const [session] = sessions;
      expect(session).toMatchObject({
        clientId: "c",
        user: "u",
        offlineSince: 99,
        sentCount: 2,
        subscriptions: [{ filter: "a/#", qos: 2 }],
        inboundIds: [10],
      });
      expect(session?.queue.map(({ seq, packetId, isReceived }) => [seq, packetId, isReceived])).toEqual([
        [10, 1, true],
        [12, 3, false],
        [13, 4, false],
      ]);
      expect(Buffer.from(session?.queue[0]?.payload ?? [])).toEqual(payload);
      expect(lastSeq).toBe(13);
    });

    test("a session that opens again is online and keeps what it had; one that is forgotten leaves nothing", async () => {
      const { sessions, lastSeq } = await afterwards(
        [open("c"), { do: "subscribe", clientId: "c", filter: "a", qos: 1 }],
        [{ do: "leave", clientId: "c", at: 1, sentCount: 0 }, open("c")],
        [open("d"), { do: "queue", ...queued, clientId: "d", seq: 1, packetId: 1 }],
        [{ do: "forget", clientId: "d" }, open("d")],
      );
      expect([...sessions]).toMatchObject([
        { clientId: "c", offlineSince: undefined, sentCount: undefined, subscriptions: [{ filter: "a" }] },
        { clientId: "d", subscriptions: [], queue: [] },
      ]);
      expect(lastSeq, "a number is never given twice").toBe(1);
    });

    test("B25: the end of an older connection does not delete the will of a newer one", async () => {
      const { wills } = await afterwards(
        [{ do: "will", ...will, epoch: 6, topic: "old" }],
        [{ do: "will", ...will }],
        [{ do: "unwill", clientId: "c", epoch: 6 }],
      );
      expect(wills).toMatchObject([{ ...will, payload: expect.anything() as unknown }]);
      const none = await afterwards([
        { do: "will", ...will },
        { do: "unwill", clientId: "c", epoch: 7 },
      ]);
      expect(none.wills).toEqual([]);
    });

    test("hostile client ids, topics and payloads come back as they were", async () => {
      const names = ["__proto__", "constructor", "'; DROP TABLE mqttQueue; --", "ü/\u{1f600}", "%"];
      const { sessions } = await afterwards(
        names.flatMap((clientId, index) => [
          open(clientId),
          { do: "queue", ...queued, clientId, topic: clientId, seq: index + 1, packetId: 1 } as const,
        ]),
      );
      expect(Object.fromEntries(Array.from(sessions, (one) => [one.clientId, one.queue[0]?.topic]))).toEqual(
        Object.fromEntries(names.map((clientId) => [clientId, clientId])),
      );
    });
  });
}
