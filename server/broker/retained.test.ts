import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matchesFilter } from "#flows/topics/topicFilter.ts";
import { createRetainedIndex } from "./retained.ts";

const bounds = { retainedTopics: 1_000, retainedBytes: 1_000_000, retainedTopicsPerUser: 1_000 };
const ledger = { note: () => 0 };
const about = { qos: 0, user: undefined, seenAt: 0 } as const;
const level = fc.constantFrom("a", "b", "", "$x");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/"));

test("finds what comparing every topic would find, after any changes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(topic, fc.constantFrom("", "1", "2"))),
      fc.oneof(filter, fc.constant("#")),
      (writes, wanted) => {
        const index = createRetainedIndex(bounds, ledger);
        const oracle = new Map<string, string>();
        for (const [name, value] of writes) {
          index.store({ topic: name, payload: Buffer.from(value), ...about });
          if (value === "") oracle.delete(name);
          else oracle.set(name, value);
        }
        const found = index
          .match(wanted)
          .map((message) => [message.topic, Buffer.from(message.payload).toString()]);
        const expected = [...oracle].filter(([name]) => matchesFilter(wanted, name));
        expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected));
        expect(found).toHaveLength(expected.length);
        expect(index.count).toBe(oracle.size);
        expect(index.bytes).toBe(
          [...oracle].reduce((sum, [name, value]) => sum + name.length + value.length, 0),
        );
      },
    ),
  );
});

test("both bounds hold, and what is kept may always shrink or go", () => {
  const index = createRetainedIndex({ ...bounds, retainedTopics: 2, retainedBytes: 20 }, ledger);
  const store = (name: string, size: number): boolean =>
    index.store({ topic: name, payload: Buffer.alloc(size), ...about });
  expect(store("a", 9)).toBe(true);
  expect(store("b", 9)).toBe(true);
  expect(store("c", 1)).toBe(false);
  expect(store("b", 10)).toBe(false);
  expect(store("b", 8)).toBe(true);
  expect(store("a", 0)).toBe(true);
  expect(store("c", 1)).toBe(true);
  expect(index.count).toBe(2);
});

test("a kept payload does not hold the network buffer it came in", () => {
  const index = createRetainedIndex(bounds, ledger);
  const chunk = Buffer.alloc(65_536, "x");
  index.store({ topic: "a", payload: chunk.subarray(10, 20), ...about });
  chunk.fill("y");
  expect(index.get("a")?.payload.toString()).toBe("x".repeat(10));
});
