import { describe, expect, test } from "vitest";
import { breachesOf, hasAll, staleStates } from "./verdict.ts";

const sent = (acked: readonly number[], exact: readonly number[] = []) => [
  { name: "p0", acked: new Set(acked), exact: new Set(exact) },
];
const got = (...numbers: readonly number[]) => ({
  name: "s",
  received: numbers.map((number) => ({ topic: "load/p0", number })),
});

describe("the verdict over what a subscriber got", () => {
  test.for([
    ["everything, once, in order", sent([1, 2, 3], [2]), got(1, 2, 3)],
    ["repetitions of QoS 1", sent([1, 2, 3]), got(1, 2, 1, 2, 3)],
    ["a message that was not acknowledged yet", sent([1]), got(1, 2)],
    ["no message that was not acknowledged", sent([1]), got(1)],
  ] as const)("has nothing against %s", ([, publishers, subscriber]) => {
    expect(breachesOf(publishers, subscriber)).toEqual([]);
    expect(hasAll(publishers, subscriber)).toBe(true);
  });

  test.for([
    ["a lost message", sent([1, 2, 3]), got(1, 3), "1 of 3 acknowledged messages are lost (2)"],
    ["QoS 2 twice", sent([1, 2], [1]), got(1, 2, 1), "1 messages of QoS 2 came twice (1)"],
    ["a wrong order", sent([1, 2, 3]), got(1, 3, 2), "1 messages came after a later one (2)"],
  ] as const)("names %s", ([, publishers, subscriber, sentence]) => {
    expect(breachesOf(publishers, subscriber)).toEqual([`From p0 to s: ${sentence}.`]);
  });

  test("waits for what is missing", () => {
    expect(hasAll(sent([1, 2]), got(1))).toBe(false);
  });

  test("names a retained value that is older than the last acknowledged one, or that nobody sent", () => {
    const publisher = [{ name: "p0", lastAckedState: 20, lastSentState: 30 }];
    const stale = (value: number) => staleStates(publisher, new Map([["p0", value]])).length;
    expect([10, 20, 30, 40].map(stale)).toEqual([1, 0, 0, 1]);
    expect(staleStates(publisher, new Map())).toEqual(["p0 kept 0, acknowledged was 20, sent 30."]);
  });
});
