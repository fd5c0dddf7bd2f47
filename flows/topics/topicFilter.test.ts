import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  filterContains,
  filtersOverlap,
  matchesFilter,
  paramsOf,
  parsePattern,
  validateFilter,
  validateTopic,
  type TopicPattern,
} from "./topicFilter.ts";

const topicLevel = fc.constantFrom("a", "b", "", "$s");
const filterLevel = fc.constantFrom("a", "b", "", "+", "$s");
const anyTopic = fc.array(topicLevel, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const anyFilter = fc
  .tuple(fc.array(filterLevel, { maxLength: 3 }), fc.boolean())
  .map(([levels, hash]) => (hash || levels.length === 0 ? [...levels, "#"] : levels).join("/"))
  .filter((filter) => filter !== "");
/** Every topic of up to five levels; "x" stands for levels that no filter names. */
const everyTopic = allTopics(["a", "b", "", "$s", "x"], 5);

function allTopics(alphabet: readonly string[], levelsMax: number): readonly string[] {
  const shorter = levelsMax > 1 ? allTopics(alphabet, levelsMax - 1) : [];
  const last = shorter.filter((topic) => topic.split("/").length === levelsMax - 1);
  const longest =
    levelsMax === 1 ? alphabet : last.flatMap((topic) => alphabet.map((level) => `${topic}/${level}`));
  return [...shorter, ...longest];
}

function pattern(text: string): TopicPattern {
  const parsed = parsePattern(text);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
}

describe("matchesFilter", () => {
  it.each([
    ["a/b", "a/b", true],
    ["a/+", "a/b", true],
    ["a/+", "a", false],
    ["a/+", "a/b/c", false],
    ["a/+", "a/", true],
    ["a/#", "a", true],
    ["a/#", "a/b/c", true],
    ["#", "a/b", true],
    ["#", "$SYS/x", false],
    ["+/x", "$SYS/x", false],
    ["$SYS/#", "$SYS/x", true],
    ["a/+/#", "a", false],
    ["a/+/#", "a/b", true],
    ["+", "/a", false],
    ["/+", "/a", true],
    ["a/b", "a/b/", false],
  ])("%s and %s: %s", (filter, topic, expected) => {
    expect(matchesFilter(filter, topic)).toBe(expected);
  });
});

describe("validation", () => {
  it.each(["a", "a/b", "/", "a//b", "$SYS/x", "a b/ü"])("takes the topic %s", (topic) => {
    expect(validateTopic(topic)).toBeUndefined();
  });

  it.each([
    "",
    "a/+",
    "a/#",
    "a\u0000",
    "a/b+",
    "x".repeat(65_536),
    "ü".repeat(32_768),
    "\ud800",
    "/".repeat(128),
  ])("refuses the topic %j", (topic) => {
    expect(validateTopic(topic)).toEqual(expect.any(String));
  });

  it.each(["#", "+", "a/+/b", "a/#", "+/+/#", "x".repeat(65_535)])("takes the filter %s", (filter) => {
    expect(validateFilter(filter)).toBeUndefined();
  });

  it.each(["", "a#", "a/#/b", "#/a", "a+", "a/+b", "a\u0000"])("refuses the filter %j", (filter) => {
    expect(validateFilter(filter)).toEqual(expect.any(String));
  });
});

describe("a pattern with names", () => {
  it("subscribes with + and names the levels", () => {
    const rooms = pattern("coldstore/{room}/temperature");
    expect(rooms).toMatchObject({
      filter: "coldstore/+/temperature",
      exact: true,
      names: [undefined, "room", undefined],
    });
    expect(rooms.matches(["coldstore", "north", "temperature"])).toEqual({ room: "north" });
    expect(rooms.matches(["coldstore", "north"])).toBeUndefined();
    expect(paramsOf(rooms, ["coldstore", "south", "temperature"])).toEqual({ room: "south" });
    expect(paramsOf(rooms, ["other"])).toEqual({});
  });

  it.each([
    ["z/{device}", "z/+/#", "z/kitchen/floor_light", { device: "kitchen/floor_light" }],
    ["z/{device}", "z/+/#", "z/plug", { device: "plug" }],
    ["z/{device}", "z/+/#", "z", undefined],
    ["z/{device}/state", "z/+/#", "z/kitchen/lamp/state", { device: "kitchen/lamp" }],
    ["z/{device}/state", "z/+/#", "z/state", undefined],
    ["z/{device}/state", "z/+/#", "z/lamp/status", undefined],
    ["{site}/{device}/{field}/set", "+/+/#", "s/a/b/c/on/set", { site: "s", device: "a/b/c", field: "on" }],
    ["z/{device}/state/#", "z/+/#", "z/a/b/state/x/state", { device: "a/b" }],
    ["z/{device}/#", "z/+/#", "z/a/b", { device: "a" }],
    ["{device}/x", "+/#", "$SYS/x", undefined],
    ["+/{device}", "+/+/#", "a/b/c", { device: "b/c" }],
  ])("lets {device} span levels: %s", (text, filter, topic, expected) => {
    const parsed = pattern(text);
    expect(parsed.filter).toBe(filter);
    expect(parsed.exact).toBe(false);
    expect(parsed.matches(topic.split("/"))).toEqual(expected);
    expect(expected === undefined || matchesFilter(filter, topic)).toBe(true);
  });

  it("without names agrees with the filter", () => {
    fc.assert(
      fc.property(anyFilter, anyTopic, (filter, topic) => {
        expect(pattern(filter).matches(topic.split("/")) !== undefined).toBe(matchesFilter(filter, topic));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "a/{}",
    "a/{room",
    "a/x{room}",
    "{a}/{a}",
    "{__proto__}/a",
    "{constructor}",
    "a/{b}/#/c",
    "",
    "{9}",
  ])("refuses %j", (text) => {
    expect(parsePattern(text)).toEqual({ problem: expect.any(String) });
  });
});

describe("relations between filters", () => {
  it("containment is what trying every topic says", () => {
    fc.assert(
      fc.property(anyFilter, anyFilter, (outer, inner) => {
        const all = everyTopic.every((topic) => !matchesFilter(inner, topic) || matchesFilter(outer, topic));
        expect(filterContains(outer, inner)).toBe(all);
      }),
      { numRuns: 1_500 },
    );
  });

  it("overlap is what trying every topic says", () => {
    fc.assert(
      fc.property(anyFilter, anyFilter, (a, b) => {
        const some = everyTopic.some((topic) => matchesFilter(a, topic) && matchesFilter(b, topic));
        expect(filtersOverlap(a, b)).toBe(some);
      }),
      { numRuns: 1_500 },
    );
  });

  it("a grant for all topics does not grant the hub's own", () => {
    expect(filterContains("#", "$SYS/#")).toBe(false);
    expect(filterContains("devices/d1/#", "devices/+/x")).toBe(false);
    expect(filterContains("devices/d1/#", "devices/d1")).toBe(true);
  });
});
