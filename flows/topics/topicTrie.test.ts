import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesFilter } from "./topicFilter.ts";
import { createTopicTrie } from "./topicTrie.ts";

describe("the topic trie", () => {
  it("gives each value once however many of its filters match", () => {
    const trie = createTopicTrie<string>();
    trie.add("a/+", "x");
    trie.add("a/b", "x");
    trie.add("a/#", "y");
    expect([...trie.match("a/b")].toSorted()).toEqual(["x", "y"]);
    expect(trie.match("a")).toEqual(["y"]);
    expect(trie.match("b")).toEqual([]);
  });

  it("counts how often a value was added", () => {
    const trie = createTopicTrie<string>();
    trie.add("a", "x");
    trie.add("a", "x");
    expect(trie.size).toBe(2);
    expect(trie.remove("a", "x")).toBe(true);
    expect(trie.match("a")).toEqual(["x"]);
    expect(trie.remove("a", "x")).toBe(true);
    expect(trie.match("a")).toEqual([]);
    expect(trie.remove("a", "x")).toBe(false);
    expect(trie.size).toBe(0);
  });

  it("forgets remembered topics at every change", () => {
    const trie = createTopicTrie<string>();
    expect(trie.match("a/b")).toEqual([]);
    trie.add("a/+", "x");
    expect(trie.match("a/b")).toEqual(["x"]);
    trie.remove("a/+", "x");
    expect(trie.match("a/b")).toEqual([]);
  });

  it("keeps wildcards away from topics that begin with $", () => {
    const trie = createTopicTrie<string>();
    for (const filter of ["#", "+/x", "$SYS/#", "$SYS/+"]) trie.add(filter, filter);
    expect([...trie.match("$SYS/x")].toSorted()).toEqual(["$SYS/#", "$SYS/+"]);
  });

  it("still answers when more topics came than it remembers", () => {
    const trie = createTopicTrie<string>();
    trie.add("a/+", "x");
    for (let i = 0; i < 10_000; i++) expect(trie.match(`a/${i}`)).toEqual(["x"]);
    expect(trie.match("a/0")).toEqual(["x"]);
  });

  it("finds what trying each filter finds, after any additions and removals", () => {
    const level = fc.constantFrom("a", "b", "c", "", "$s");
    const filter = fc
      .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 4 }), fc.boolean())
      .map(([levels, hash]) => (hash || levels.length === 0 ? [...levels, "#"] : levels).join("/"));
    const topics = fc.array(
      fc.array(level, { minLength: 1, maxLength: 5 }).map((levels) => levels.join("/")),
      { maxLength: 10 },
    );
    const steps = fc.array(fc.tuple(filter, fc.nat(5), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(steps, topics, (changes, asked) => {
        const trie = createTopicTrie<number>();
        const held: (readonly [string, number])[] = [];
        for (const [text, value, removes] of changes) {
          const at = held.findIndex(([known, other]) => known === text && other === value);
          const removed = removes ? trie.remove(text, value) : at >= 0;
          expect(removed).toBe(at >= 0);
          if (!removes) trie.add(text, value);
          if (!removes) held.push([text, value]);
          else if (at >= 0) held.splice(at, 1);
          for (const topic of asked) {
            const expected = new Set(
              held.filter(([known]) => matchesFilter(known, topic)).map(([, other]) => other),
            );
            const found = trie.match(topic);
            expect(new Set(found)).toEqual(expected);
            expect(found).toHaveLength(expected.size);
          }
        }
        expect(trie.size).toBe(held.length);
      }),
      { numRuns: 300 },
    );
  });
});
