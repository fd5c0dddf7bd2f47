import { expect, test } from "vitest";
import { iconOf } from "../ui/icons.ts";
import { shapeOf, sentenceOf, specs } from "./specs.ts";

test("every node type names an icon of the set", () => {
  const box = iconOf("no such icon");
  expect(
    specs.filter(({ icon }) => iconOf(icon) === box).map(({ type, icon }) => `${type}: ${icon}`),
  ).toEqual([]);
});

test("a fresh node and one with broken settings can be drawn", () => {
  for (const { type, fields } of specs) {
    const broken = Object.fromEntries(Object.keys(fields).map((name) => [name, 7]));
    for (const node of [{ type }, { type, config: broken }]) {
      expect(Array.isArray(shapeOf(node).outputs)).toBe(true);
      expect(typeof sentenceOf(node)).toBe("string");
    }
  }
});
