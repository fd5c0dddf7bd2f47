import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPath, getPath, parsePath } from "./path.ts";
import { ruleLimits } from "./ruleLimits.ts";

describe("a path", () => {
  it.each<[string, readonly string[]]>([
    ["payload", ["payload"]],
    ["payload.temp", ["payload", "temp"]],
    [" payload.temp ", ["payload", "temp"]],
    ["payload.list[0].t", ["payload", "list", "0", "t"]],
    ['payload.PMS5003["PM2.5"]', ["payload", "PMS5003", "PM2.5"]],
    ['payload.params["switch:0"].output', ["payload", "params", "switch:0", "output"]],
    ['payload[""]', ["payload", ""]],
    ['payload["a\\"b"]', ["payload", 'a"b']],
    ["payload.link-quality", ["payload", "link-quality"]],
  ])("%s has the keys %j", (text, keys) => {
    expect(parsePath(text).keys).toEqual(keys);
  });

  it.each([
    "",
    ".",
    ".payload",
    "payload.",
    "payload..t",
    "payload.0",
    "payload[x]",
    "payload[01]",
    "[0]",
    "payload]",
    "a b",
    'a["x',
  ])("%j is refused with a sentence", (text) => {
    expect(parsePath(text).problem).toMatch(/\.$/);
  });

  it("has at most 32 keys", () => {
    expect(parsePath(pathOf(ruleLimits.pathKeys)).keys).toHaveLength(ruleLimits.pathKeys);
    expect(parsePath(pathOf(ruleLimits.pathKeys + 1)).problem).toContain("more than 32 keys");
  });

  it("is the same after being written and read", () => {
    const keys = fc.tuple(
      fc.constantFrom("payload", "facts"),
      fc.array(fc.string({ unit: "grapheme" }), { maxLength: 8 }),
    );
    fc.assert(
      fc.property(keys, ([root, rest]) => {
        expect(parsePath(formatPath([root, ...rest])).keys).toEqual([root, ...rest]);
      }),
    );
  });

  it("finds own properties only, and nothing beyond the end of a list", () => {
    const data = { list: [1], text: "abc", own: JSON.parse('{"constructor":7}') as unknown };
    expect(getPath(data, ["list", "0"])).toBe(1);
    expect(getPath(data, ["list", "1"])).toBeUndefined();
    expect(getPath(data, ["list", "map"])).toBeUndefined();
    expect(getPath(data, ["constructor", "name"])).toBeUndefined();
    expect(getPath(data, ["__proto__"])).toBeUndefined();
    expect(getPath(data, ["own", "constructor"])).toBe(7);
    expect(getPath(data, ["text", "length"])).toBe(3);
    expect(getPath(data, ["a", "b", "c", "d", "e"])).toBeUndefined();
  });
});

function pathOf(keys: number): string {
  return Array.from({ length: keys }, () => "a").join(".");
}
