import { expect, test } from "vitest";
import { createBans, type Ban } from "./bans.ts";

function createTestBans(strikes: number) {
  const told: Ban[] = [];
  const clock = { at: 0 };
  const bans = createBans({
    strikesOf: () => strikes,
    banMs: 1_000,
    now: () => clock.at,
    onBan: (ban) => told.push(ban),
  });
  return { bans, told, clock };
}

test("as many offences in a minute as allowed lead to a ban, one fewer or older ones do not", () => {
  const { bans, told, clock } = createTestBans(3);
  for (const at of [0, 1, 60_000]) {
    clock.at = at;
    bans.strike("a", `from ${at}`);
  }
  expect(bans.refuses("a")).toBe(false);
  clock.at = 60_000;
  bans.strike("a", "from 1");
  clock.at = 60_500;
  expect(bans.refuses("a")).toBe(false);
  bans.strike("a", "from 1");
  expect(bans.refuses("a")).toBe(true);
  expect(bans.refuses("b")).toBe(false);
  expect(told).toEqual([{ key: "a", until: 61_500, notes: ["from 0", "from 60000", "from 1"] }]);
});

test("a ban ends by itself, is told once, and leaves no offences behind", () => {
  const { bans, told, clock } = createTestBans(1);
  bans.strike("a");
  expect(bans.refuses("a")).toBe(true);
  clock.at = 999;
  expect(bans.refuses("a")).toBe(true);
  clock.at = 1_000;
  expect(bans.refuses("a")).toBe(false);
  expect(told).toHaveLength(1);
});

test("10,000 offenders are remembered; the one that offended longest ago is forgotten", () => {
  const { bans } = createTestBans(1);
  for (let index = 0; index < 10_001; index++) bans.strike(`key ${index}`);
  expect(bans.refuses("key 0")).toBe(false);
  expect(bans.refuses("key 1")).toBe(true);
  expect(bans.refuses("key 10000")).toBe(true);
});
