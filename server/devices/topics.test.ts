import { describe, expect, it } from "vitest";
import { createTopics, type TopicsLimits } from "./topics.ts";

describe("topics", () => {
  it("shows the last payload, its type, the publisher and how often it comes", () => {
    const { topics, note } = createTest();
    for (let second = 0; second < 60; second += 10) note("barn/t", "21.5", { seenAt: second * 1_000 });
    note("barn/t", '{"a":1}', { seenAt: 60_000, retain: true, clientId: "esp" });
    expect(topics.list().items).toEqual([
      {
        topic: "barn/t",
        lastAt: 60_000,
        count: 7,
        perMinute: 7,
        retained: true,
        publisher: "esp",
        type: "json",
        preview: '{"a":1}',
      },
    ]);
  });

  it.each([
    ["21.5", "number", 21.5],
    ["ON", "text", "ON"],
    ["true", "boolean", true],
    ['{"a":null}', "json", { a: null }],
    ['{"temperature": 21.', "text", '{"temperature": 21.'],
    ["nan", "text", "nan"],
    ["", "empty", ""],
  ])("copes with %s", (text, type, value) => {
    const { topics, note } = createTest();
    note("t", text);
    expect(topics.list().items[0]).toMatchObject({ type });
    expect(topics.messages("t")[0]!.payload).toEqual(value);
  });

  it("copes with bytes that are no text, and with a long text cut inside a character", () => {
    const { topics, note } = createTest({ payloadBytes: 5 });
    note("bytes", new Uint8Array([0xff, 0xfe, 1]));
    note("long", "äöüäöü");
    expect(topics.messages("bytes")[0]).toMatchObject({ size: 3, payload: { binary: true, size: 3 } });
    expect(topics.messages("long")[0]).toMatchObject({ size: 12, payload: "äö…" });
  });

  it("keeps its own copy of the bytes", () => {
    const { topics, note } = createTest();
    const bytes = Buffer.from("one");
    note("t", bytes);
    bytes.fill(0);
    expect(topics.messages("t")[0]!.payload).toBe("one");
  });

  it("keeps the last 20 messages of each topic and gives the newest first", () => {
    const { topics, note } = createTest();
    for (let index = 0; index < 25; index += 1) note(index % 2 ? "a/b" : "a/c", String(index));
    for (let index = 25; index < 50; index += 1) note("x", String(index));
    expect(topics.messages("a/+", 3).map(({ payload }) => payload)).toEqual([24, 23, 22]);
    expect(topics.messages("x").map(({ payload }) => payload)).toEqual(
      Array.from({ length: 20 }, (_, at) => 49 - at),
    );
    expect(topics.messages("#", 1_000)).toHaveLength(12 + 13 + 20);
    expect(topics.messages("none/#")).toEqual([]);
  });

  it("pages by name and prefix", () => {
    const { topics, note } = createTest();
    for (const topic of ["b/2", "a/1", "b/1", "c", "b/3"]) note(topic, "1");
    const first = topics.list({ prefix: "b/", limit: 2 });
    expect([first.items.map(({ topic }) => topic), first.next]).toEqual([["b/1", "b/2"], "b/2"]);
    const rest = topics.list({ prefix: "b/", limit: 2, cursor: first.next! });
    expect([rest.items.map(({ topic }) => topic), rest.next]).toEqual([["b/3"], undefined]);
  });

  it("forgets topics nobody spoke on for longest when it is full", () => {
    const { topics, note } = createTest({ topics: 3 });
    for (const topic of ["a", "b", "c", "d"]) note(topic, "1");
    expect(topics.count()).toBe(3);
    note("b", "2");
    note("e", "1");
    expect(topics.list().items.map(({ topic }) => topic)).toEqual(["b", "d", "e"]);
  });

  it("stays within its bytes: older messages go first, then last ones", () => {
    const { topics, note } = createTest({ totalBytes: 3_000 });
    for (let index = 0; index < 10; index += 1) note("often", "x".repeat(100));
    for (let index = 0; index < 10; index += 1) note(`once/${index}`, "x".repeat(100));
    const kept = topics.messages("#", 1_000);
    expect(kept.length).toBeLessThan(16);
    expect(topics.messages("once/9")).toHaveLength(1);
    expect(topics.list({ prefix: "often" }).items[0]).toMatchObject({ count: 10 });
  });

  it("notes a message in well under a microsecond", () => {
    const { topics } = createTest();
    const payload = Buffer.from('{"temperature":21.5,"humidity":44}');
    const names = Array.from({ length: 1_000 }, (_, index) => `plant/line/${index}/state`);
    const message = (topic: string) =>
      ({ topic, payload, qos: 0, retain: false, seenAt: 1, clientId: "c", user: "u" }) as const;
    const messages = names.map(message);
    let best = Infinity;
    for (let round = 0; round < 30; round += 1) {
      const start = process.hrtime.bigint();
      for (let index = 0; index < 10_000; index += 1) topics.note(messages[index % 1_000]!);
      best = Math.min(best, Number(process.hrtime.bigint() - start) / 10_000);
    }
    expect(best).toBeLessThan(1_000);
  });
});

function createTest(limits: Partial<TopicsLimits> = {}) {
  const topics = createTopics({ now: () => 60_000, limits });
  const note = (
    topic: string,
    payload: string | Uint8Array,
    given: { seenAt?: number; retain?: boolean; clientId?: string } = {},
  ) =>
    topics.note({
      topic,
      payload: typeof payload === "string" ? Buffer.from(payload) : payload,
      qos: 0,
      retain: given.retain ?? false,
      seenAt: given.seenAt ?? 0,
      clientId: given.clientId,
      user: undefined,
    });
  return { topics, note };
}
