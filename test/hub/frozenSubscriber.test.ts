import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { residentMegabytes } from "../bench/processFigures.ts";
import { type Flood, type FloodCount, openFlood, openFrozen } from "../crash/flood.ts";
import type { Introduction } from "../crash/wire.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  eventually,
  metric,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";

/** 2 MB/s: where the machine stands still for a moment, a healthy subscriber still keeps up. */
const FLOOD_PER_SECOND = 1_000;
const QUIET_PER_SECOND = 50;
const BASELINE_MS = 1_000;
/** Longer than the 5 s after which a client that takes nothing is cut off. */
const FROZEN_MS = 6_000;
const SHARE_MIN = 0.99;
/** A machine that is busy with other things disturbs one measurement, but not each. */
const ATTEMPTS = 2;
/** One buffer of 1 MiB, and what Node needs for the flood itself. */
const GROWTH_MAX_MB = 60;

describe("G9, B6, B7: a subscriber that takes nothing from its socket", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let identity: Pick<Introduction, "username" | "password">;
  let flood: Flood;
  let quiet: Flood;

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
    identity = await addDevice(api, "Flood");
    const open = (topic: string, perSecond: number) =>
      openFlood({ port: hub.mqttPort, identity, topic, perSecond });
    flood = await open("flood", FLOOD_PER_SECOND);
    quiet = await open("quiet", QUIET_PER_SECOND);
    await flood.run(BASELINE_MS);
  });
  afterAll(async () => {
    flood.end();
    quiet.end();
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
  });

  const cutOff = () => metric(api, 'millrace_broker_session_ends_total{cause="slow"}');

  test.for(["flood", "#"])(
    "on %s takes nothing from others, costs bounded memory, and is cut off",
    { retry: ATTEMPTS - 1 },
    async (filter) => {
      const baseline = await flood.run(BASELINE_MS);
      const before = await cutOff();
      const memory = watchMemory(hub);
      const frozen = await openFrozen({ identity, port: hub.mqttPort, filter });
      const [beside, other] = await Promise.all([flood.run(FROZEN_MS), quiet.run(FROZEN_MS)]);
      const grownMb = memory.end();
      const share = shareOf(beside) / shareOf(baseline);
      console.log(
        `frozen on ${filter}: ${(share * 100).toFixed(2)} % of the baseline, last one after ${Math.round(beside.lagMs)} ms (baseline ${Math.round(baseline.lagMs)} ms), memory +${grownMb.toFixed(0)} MB`,
      );
      expect(share).toBeGreaterThanOrEqual(SHARE_MIN);
      expect(shareOf(other)).toBe(1);
      expect(grownMb).toBeLessThan(GROWTH_MAX_MB);
      await eventually(cutOff, (count) => count === before + 1, 1_000);
      frozen.socket.resume();
      await frozen.closed;
    },
  );
});

function shareOf({ sent, received }: FloodCount): number {
  return received / sent;
}

function watchMemory({ pid }: HubProcess) {
  const before = residentMegabytes(pid);
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, residentMegabytes(pid))), 250);
  return {
    end() {
      clearInterval(timer);
      return most - before;
    },
  };
}
