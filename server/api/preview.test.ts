import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preview } from "./preview.ts";

describe("a preview", () => {
  it("is the JSON of a short value, and a text as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const whole = typeof value === "string" ? value : JSON.stringify(value);
        // `-0` is the one number whose text differs.
        fc.pre(!whole.includes("-0") && !Object.is(value, -0) && !JSON.stringify([value]).includes("0"));
        expect(preview(value, 10_000)).toBe(whole);
      }),
    );
  });

  it("is cut where it gets too long, and never longer", () => {
    expect(preview("abcdef", 5)).toBe("abcde…");
    expect(preview("abcde", 5)).toBe("abcde");
    expect(preview({ state: "on", more: 1 }, 10)).toBe('{"state":"…');
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 20 }), (value, lengthMax) => {
        expect(preview(value, lengthMax).length).toBeLessThanOrEqual(lengthMax + 1);
      }),
    );
  });

  it("costs no more than its beginning", () => {
    let read = 0;
    const huge = new Proxy(
      Array.from({ length: 100_000 }, () => 1),
      {
        get: (target, key) => {
          if (key !== "length") read++;
          return Reflect.get(target, key) as unknown;
        },
      },
    );
    preview({ huge }, 50);
    expect(read).toBeLessThan(100);
  });

  it("shows nothing for no value", () => {
    expect(preview(undefined, 10)).toBe("");
    expect(preview(null, 10)).toBe("null");
    expect(preview(21.5, 10)).toBe("21.5");
  });
});
