import { expect, test } from "vitest";
import type { LiveValue } from "#server/api/contract.ts";
import { createLiveValues } from "./liveValues.ts";

const value = (node: string, port: string, text: string, at: number): LiveValue => ({
  node,
  port,
  text,
  at,
  count: at,
});

test("cards are told once a frame, however many values came, and only those concerned", () => {
  const frames: (() => void)[] = [];
  const values = createLiveValues((flush) => frames.push(flush));
  const told: string[] = [];
  values.watch("a", () => told.push(`a: ${values.ofNode("a")?.text}`));
  const off = values.watch("b", () => told.push("b"));
  values.put([value("a", "out", "1", 1), value("a", "out", "2", 2)]);
  values.put([value("a", "error", "3", 3)]);
  expect(frames).toHaveLength(1);
  frames.shift()?.();
  expect(told).toEqual(["a: 3"]);
  expect(values.ofPort("a", "out")?.text).toBe("2");
  expect(values.countOf("a")).toBe(1 + 2 + 3);
  off();
  values.put([value("b", "out", "1", 1)]);
  frames.shift()?.();
  expect(told).toHaveLength(1);
});
