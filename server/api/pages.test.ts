import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pageOf } from "./pages.ts";

const keyOf = (key: string) => key;

function readAll(items: readonly string[], limit: number): string[][] {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    const page = pageOf(items, keyOf, { limit, ...(cursor !== undefined && { cursor }) });
    pages.push([...page.items]);
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

describe("a paged list", () => {
  it("gives every item once, in order, on full pages", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "grapheme" })),
        fc.integer({ min: 1, max: 7 }),
        (items, limit) => {
          const pages = readAll(items, limit);
          expect(pages.flat()).toEqual(items.toSorted((a, b) => (a < b ? -1 : Number(a > b))));
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
        },
      ),
    );
  });

  it("goes on at the right place when items came and went between two pages", () => {
    const first = pageOf(["a", "c", "e", "g"], keyOf, { limit: 2 });
    expect(first.items).toEqual(["a", "c"]);
    const next = pageOf(["b", "d", "e", "g"], keyOf, { limit: 2, cursor: first.next ?? "" });
    expect(next.items).toEqual(["d", "e"]);
  });

  it("refuses a cursor that no list gave", () => {
    expect(() => pageOf(["a"], keyOf, { cursor: "!!" })).toThrow(
      "The cursor is not one that this list gave.",
    );
  });
});
