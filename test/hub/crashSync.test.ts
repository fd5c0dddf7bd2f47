import { describe, expect, onTestFinished, test } from "vitest";
import { createLoad } from "../crash/load.ts";
import { createRandom } from "../crash/random.ts";
import { relaxed } from "../crash/relaxed.ts";
import { hasStrace, traceSyncs } from "../crash/strace.ts";
import { createSubscriber } from "../crash/subscriber.ts";
import { breachesOf, hasAll } from "../crash/verdict.ts";
import { type HubOptions, type HubProcess, addDevice, removeFolder, signIn, startHub } from "./hubProcess.ts";

if (!hasStrace && process.env["MILLRACE_REQUIRE_TOOLS"] === "1")
  throw new Error("strace is missing or not allowed here.");

describe.skipIf(!hasStrace)(
  `a hub and the system calls it makes${hasStrace ? "" : " (skipped: strace is missing or not allowed)"}`,
  () => {
    test("G3, B18: waits for the disk between each message and its acknowledgement", async () => {
      const { hub, load } = await withSleeper();
      const syncs = await traceSyncs(hub.pid);
      const spans: number[] = [];
      for (let message = 0; message < 100; message++) {
        const before = syncs.count();
        load.allow(1);
        await load.settled();
        spans.push(syncs.count() - before);
      }
      await syncs.end();
      expect(Math.min(...spans)).toBeGreaterThanOrEqual(1);
    });

    test("G3: would not wait if it forgot to say so", async () => {
      const { hub, load } = await withSleeper({ nodeOptions: relaxed });
      const syncs = await traceSyncs(hub.pid);
      load.allow(100);
      await load.settled();
      const count = syncs.count();
      await syncs.end();
      expect(count).toBeLessThan(50);
    });

    test("G5, B23: whose disk breaks stops acknowledging, ends with 74, and starts again with all that it had acknowledged", async () => {
      const { hub, load, sleeper } = await withSleeper();
      const syncs = await traceSyncs(hub.pid, "20..25");
      load.allow(10_000);
      await load.closed();
      expect(await hub.stop("SIGCONT")).toBe(74);
      await syncs.end();
      expect(load.acked).toBeGreaterThan(0);
      expect(load.acked).toBeLessThan(10_000);

      const next = await start({ folder: hub.folder });
      await sleeper.connect(next.mqttPort);
      await sleeper.until(() => hasAll(load.publishers, sleeper)).catch(() => {});
      expect(breachesOf(load.publishers, sleeper)).toEqual([]);
      expect(await next.stop()).toBe(0);
    });
  },
);

async function start(options: HubOptions = {}): Promise<HubProcess> {
  const hub = await startHub(options);
  onTestFinished(async () => {
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
  });
  return hub;
}

/** A hub with one publisher that sends a message at a time, to a session whose client sleeps. */
async function withSleeper(options: HubOptions = {}) {
  const hub = await start(options);
  const identity = await addDevice(await signIn(hub), "Load");
  const sleeper = createSubscriber({ name: "sleeper", identity, filter: "load/#" });
  await sleeper.connect(hub.mqttPort);
  await sleeper.leave();
  const load = createLoad({ identity, random: createRandom(1), publishers: 1, windowMessages: 1 });
  await load.connect(hub.mqttPort);
  return { hub, load, sleeper };
}
