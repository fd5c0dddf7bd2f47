import { expect, test } from "vitest";
import { isFilter, topicMatches } from "./topicMatch.ts";

test("wildcards match as MQTT 4.7 says", () => {
  expect(topicMatches("a/+/c", "a/b/c")).toBe(true);
  expect(topicMatches("a/+", "a/b/c")).toBe(false);
  expect(topicMatches("a/#", "a/b/c")).toBe(true);
  expect(topicMatches("a/#", "a")).toBe(true);
  expect(topicMatches("#", "$SYS/uptime")).toBe(false);
  expect(topicMatches("$SYS/#", "$SYS/uptime")).toBe(true);
  expect(topicMatches("a/b", "a/bc")).toBe(false);
});

test("only a text with a wildcard is a filter", () => {
  expect(isFilter("kitchen")).toBe(false);
  expect(isFilter("kitchen/#")).toBe(true);
});
