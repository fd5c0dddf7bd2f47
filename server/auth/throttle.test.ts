import { beforeEach, expect, it } from "vitest";
import { AuthError } from "./authError.ts";
import { createThrottle, throttleLimits, type Throttle } from "./throttle.ts";

const { attempts, firstDelayMs, delayMaxMs, forgetMs, entries } = throttleLimits;

let clock: number;
let throttle: Throttle;

beforeEach(() => {
  clock = 1_000_000;
  throttle = createThrottle(() => clock);
});

/** Milliseconds to wait; 0 when the attempt was let through. */
function attempt(name: string, address: string): number {
  try {
    throttle.attempt({ name, address });
    return 0;
  } catch (error) {
    if (error instanceof AuthError) return error.retryAfterMs ?? -1;
    throw error;
  }
}

function exhaust(name: (index: number) => string, address: (index: number) => string): void {
  for (let index = 0; index < attempts; index += 1) expect(attempt(name(index), address(index))).toBe(0);
}

it("lets ten attempts through within a minute, then asks to wait", () => {
  exhaust(
    () => "ada",
    () => "a",
  );
  expect(attempt("ada", "a")).toBe(firstDelayMs);
});

it("lets an attempt every seven seconds through for ever", () => {
  for (let index = 0; index < 100; index += 1) {
    expect(attempt("ada", "a")).toBe(0);
    clock += 7_000;
  }
});

it("doubles the pause with each further failure, up to five minutes, and never locks for good", () => {
  exhaust(
    () => "ada",
    () => "a",
  );
  const pauses: number[] = [];
  for (let index = 0; index < 8; index += 1) {
    const pause = attempt("ada", "a");
    pauses.push(pause / 1_000);
    clock += pause;
    expect(attempt("ada", "a")).toBe(0);
  }
  expect(pauses).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  expect(delayMaxMs).toBe(300_000);
});

it("counts a name over all addresses, in any case, and an address over all names", () => {
  exhaust(
    (index) => (index % 2 === 0 ? "ada" : "ADA"),
    (index) => `a${index}`,
  );
  expect(attempt("Ada", "fresh")).toBe(firstDelayMs);
  exhaust(
    (index) => `user${index}`,
    () => "b",
  );
  expect(attempt("fresh", "b")).toBe(firstDelayMs);
  expect(attempt("fresh", "fresh")).toBe(0);
});

it("counts the addresses of one IPv6 network as one, and a mapped address as itself", () => {
  exhaust(
    (index) => `user${index}`,
    (index) => `2001:DB8:1:2::${index}`,
  );
  expect(attempt("fresh", "2001:db8:1:2:ffff:0:0:1")).toBe(firstDelayMs);
  expect(attempt("fresh", "2001:db8:1:3::1")).toBe(0);
  exhaust(
    (index) => `other${index}`,
    () => "::ffff:10.0.0.1",
  );
  expect(attempt("fresh", "10.0.0.1")).toBe(firstDelayMs);
  expect(attempt("fresh", "::ffff:10.0.0.2")).toBe(0);
});

it("does not count right passwords", () => {
  for (let index = 0; index < 100; index += 1) throttle.attempt({ name: "ada", address: "a" }).succeed();
  expect(attempt("ada", "a")).toBe(0);
});

it("gives a name a fresh start after a right password, but not an address", () => {
  exhaust(
    () => "ada",
    () => "a",
  );
  clock += firstDelayMs;
  throttle.attempt({ name: "own account", address: "a" }).succeed();
  expect(attempt("bob", "a")).toBe(0);
  expect(attempt("bob", "a")).toBe(2 * firstDelayMs);
});

it("forgets after a quarter of an hour without attempts", () => {
  exhaust(
    () => "ada",
    () => "a",
  );
  clock += forgetMs + 1;
  exhaust(
    () => "ada",
    () => "a",
  );
  expect(attempt("ada", "a")).toBe(firstDelayMs);
});

it("remembers a bounded number of names; the longest unused go first", () => {
  exhaust(
    () => "ada",
    () => "a",
  );
  for (let index = 1; index < entries; index += 1) attempt(`user${index}`, `b${index}`);
  expect(attempt("ada", "other")).toBe(firstDelayMs);
  attempt("one more", "one more");
  expect(attempt("ada", "other")).toBe(0);
});
