import { expect, test } from "vitest";
import { durationWords, readDurationText } from "./durationText.ts";

test("people may write time spans as they speak; the stored form is short", () => {
  expect(readDurationText("2 min")).toBe("2m");
  expect(readDurationText("90 seconds")).toBe("1m30s");
  expect(readDurationText("1h30")).toBe("1h30m");
  expect(readDurationText("45")).toBe("45s");
  expect(readDurationText("soon ")).toBe("soon");
});

test("a time span is said in words", () => {
  expect(durationWords("90s")).toBe("1 minute 30 seconds");
  expect(durationWords("1d")).toBe("1 day");
  expect(durationWords("0s")).toBe("no time");
  expect(durationWords("soon")).toBeUndefined();
});
