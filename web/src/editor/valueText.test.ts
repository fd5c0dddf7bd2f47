import { expect, test } from "vitest";
import { readableValue, shortValue } from "./valueText.ts";

test("a wire shows the number of an object, else its text", () => {
  expect(shortValue('{"celsius":6.5,"door":"closed"}')).toBe("6.5");
  expect(shortValue('{"state":"on"}')).toBe("on");
  expect(shortValue('{"ok":true}')).toBe("true");
  expect(shortValue('{"ENERGY":{"Power":-2')).toBe("-2");
  expect(shortValue("{}")).toBe("{}");
  expect(shortValue("21.5")).toBe("21.5");
});

test("a card shows the object in words, also where it was cut", () => {
  expect(readableValue('{"celsius":6.5,"door":"closed"}')).toBe("celsius 6.5, door closed");
  expect(readableValue('{"a":{"b":1,"c":"lo…')).toBe("a b 1, c lo…");
  expect(readableValue("on")).toBe("on");
});
