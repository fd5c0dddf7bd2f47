import { expect, test } from "vitest";
import { compileFlow } from "../../engine/program.ts";
import type { Run } from "../../engine/run.ts";
import { createVirtualHub } from "../../testing/virtualHub.ts";
import { readEventTime } from "./eventTime.ts";
import { mqttIn } from "./index.ts";

const START = "2026-01-01T12:00:00Z";
const START_MS = Date.parse(START);

function hear(
  config: Record<string, unknown>,
  given: { topic: string; payload: unknown; initial?: boolean; retain?: boolean },
) {
  const { program, problems } = compileFlow(
    { millrace: 1, id: "flow", name: "Flow", nodes: { in: { type: "mqtt-in", config } }, wires: [] },
    [mqttIn],
  );
  if (program === undefined) throw new Error(problems[0]?.message);
  const runs: Run[] = [];
  const hub = createVirtualHub({
    program,
    startMs: START_MS,
    zone: "Europe/Berlin",
    onRun: (run) => runs.push(run),
  });
  hub.publish(given);
  const step = runs[0]?.steps[0];
  return { message: step?.out[0]?.message, port: step?.out[0]?.port, why: step?.why?.() };
}

test("named levels, key and topic reach the message", () => {
  const { message } = hear(
    { filters: ["coldstore/{room}/temperature"], key: "{{params.room}}" },
    { topic: "coldstore/north/temperature", payload: { celsius: 7 } },
  );
  expect(message).toMatchObject({
    topic: "coldstore/north/temperature",
    levels: ["coldstore", "north", "temperature"],
    params: { room: "north" },
    key: "north",
    at: START_MS,
    seenAt: START_MS,
  });
});

test("a device name may hold slashes", () => {
  const { message } = hear(
    { filters: ["zigbee2mqtt/{device}"] },
    { topic: "zigbee2mqtt/kitchen/lamp", payload: 1 },
  );
  expect(message?.params).toEqual({ device: "kitchen/lamp" });
});

test("a retained value is state, and an event only where the trigger says so", () => {
  const given = { topic: "a", payload: 1, initial: true };
  expect(hear({ filters: ["a"] }, given).message?.initial).toBe(true);
  expect(hear({ filters: ["a"], onInitial: "event" }, given).message?.initial).toBe(false);
  expect(hear({ filters: ["a"] }, { topic: "a", payload: 1, retain: true }).message).toMatchObject({
    initial: false,
    retain: true,
  });
});

test("an empty publish with the retain flag is no reading, one without it is a message", () => {
  expect(hear({ filters: ["a"] }, { topic: "a", payload: "", retain: true })).toMatchObject({
    why: "An empty retained message deletes the topic's value; it is no reading.",
  });
  expect(hear({ filters: ["a"] }, { topic: "a", payload: "" }).port).toBe("out");
});

test("an undecodable payload carries the reason and the first 256 characters", () => {
  const { message, port, why } = hear({ filters: ["a"] }, { topic: "a", payload: `{${"x".repeat(400)}` });
  expect(port).toBe("error");
  expect(message?.payload).toHaveLength(256);
  expect(message?.facts["error"]).toMatchObject({ node: "in", code: "payload.not-decodable", message: why });
});

test("the time field counts while it is near the arrival", () => {
  const config = { filters: ["a"], timePath: "payload.time" };
  const at = (time: unknown) => hear(config, { topic: "a", payload: { time } });
  expect(at("2026-01-01T11:00:00Z").message?.at).toBe(START_MS - 3_600_000);
  expect(at(START_MS / 1_000 - 60).message?.at).toBe(START_MS - 60_000);
  expect(at("1970-01-01T00:00:10").message?.at).toBe(START_MS);
  expect(at("1970-01-01T00:00:10").why).toContain("Clock rejected");
  expect(at(undefined).why).toContain("no time in the message");
});

test.each([
  ["auto", "2026-01-01T12:00:00.250Z", 250],
  ["auto", "2026-01-01T13:00:00+01:00", 0],
  ["auto", "2026-01-01T13:00:00", 0],
  ["auto", "2026-01-01 13:00:01", 1_000],
  ["auto", 1_767_268_801, 1_000],
  ["auto", "1767268800500", 500],
  ["iso", "2026-01-01T12:00:00Z", 0],
  ["iso-local", "2026-01-01T13:00", 0],
  ["seconds", "1767268800.5", 500],
  ["millis", 1_767_268_800_001, 1],
] as const)("%s reads %j", (format, found, offsetMs) => {
  expect(readEventTime(found, { format, zone: "Europe/Berlin", seenAt: START_MS })).toEqual({
    at: START_MS + offsetMs,
  });
});

test.each([
  ["iso", "2026-01-01T12:00:00"],
  ["iso", 1_767_268_800],
  ["auto", "2026-02-31T12:00:00Z"],
  ["auto", "noon"],
  ["auto", true],
  ["seconds", "12:00"],
] as const)("%s does not take %j for a time", (format, found) => {
  const { at, problem } = readEventTime(found, { format, zone: "UTC", seenAt: START_MS });
  expect(at).toBeUndefined();
  expect(problem).toContain("the arrival counts");
});

test("a day in the past and five minutes in the future are the limits", () => {
  const read = (at: number) => readEventTime(at, { format: "millis", zone: "UTC", seenAt: START_MS }).at;
  expect(read(START_MS - 86_400_000)).toBe(START_MS - 86_400_000);
  expect(read(START_MS - 86_400_001)).toBeUndefined();
  expect(read(START_MS + 300_000)).toBe(START_MS + 300_000);
  expect(read(START_MS + 300_001)).toBeUndefined();
});
