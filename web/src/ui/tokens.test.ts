import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const css = readFileSync("web/src/ui/tokens.css", "utf8");
const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

/** Relative luminance and contrast of WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(front: string, ground: string, look: "light" | "dark"): number {
  const [a, b] = [tokens.get(front)?.[look], tokens.get(ground)?.[look]].map((hex) =>
    luminance(hex ?? "#000000"),
  );
  return (Math.max(a ?? 0, b ?? 0) + 0.05) / (Math.min(a ?? 0, b ?? 0) + 0.05);
}

const TEXTS = [
  ["ink", "surface"],
  ["ink", "bg"],
  ["ink", "hover"],
  ["ink-2", "surface"],
  ["ink-2", "bg"],
  ["ink-2", "hover"],
  ["accent", "surface"],
  ["accent", "bg"],
  ["accent", "accent-soft"],
  ["ink", "accent-soft"],
  ["on-accent", "accent"],
  ["danger", "surface"],
  ["danger", "danger-soft"],
  ["on-danger", "danger"],
  ["warn", "surface"],
  ["warn", "bg"],
  ["warn", "warn-soft"],
  ["transform", "surface"],
] as const;
const PARTS = [
  ["line-strong", "surface"],
  ["line-strong", "bg"],
  ["wire", "bg"],
  ["trigger", "surface"],
  ["logic", "surface"],
  ["transform", "surface"],
  ["action", "surface"],
  ["device", "surface"],
] as const;

describe.each(["light", "dark"] as const)("in the %s look", (look) => {
  test.each(TEXTS)("%s on %s can be read: 4.5 to 1", (front, ground) => {
    expect(contrast(front, ground, look)).toBeGreaterThanOrEqual(4.5);
  });

  test.each(PARTS)("%s on %s can be seen: 3 to 1", (front, ground) => {
    expect(contrast(front, ground, look)).toBeGreaterThanOrEqual(3);
  });
});
