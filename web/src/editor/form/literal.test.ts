import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLiteral, parseList, parseLiteral } from "./literal.ts";

test("numbers, booleans and null are what they look like; quotes make a text of them", () => {
  expect(parseLiteral("20")).toBe(20);
  expect(parseLiteral("-1.5e3")).toBe(-1500);
  expect(parseLiteral("true")).toBe(true);
  expect(parseLiteral("null")).toBe(null);
  expect(parseLiteral('"20"')).toBe("20");
  expect(parseLiteral("on")).toBe("on");
  expect(parseLiteral("007")).toBe("007");
  expect(parseLiteral("trueish")).toBe("trueish");
});

test("every value reads back from its text", () => {
  const values = fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean());
  fc.assert(
    fc.property(values, (value) => {
      expect(parseLiteral(formatLiteral(value))).toEqual(Object.is(value, -0) ? 0 : value);
    }),
  );
});

test("a list is separated by commas", () => {
  expect(parseList("on, 3, ,true")).toEqual(["on", 3, true]);
});
