import { afterEach, beforeEach, expect, test } from "vitest";
import { fuzzBroker } from "./testing/frameFuzzer.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

const MEGABYTE = 1024 * 1024;
/** About two seconds for each seed on a quiet machine. */
const CONNECTIONS = 2_500;
const FIXED_SEED = 20_260_928;

let hub: TestBroker;
beforeEach(async () => {
  hub = await startTestBroker({
    limits: {
      connectMs: 2_000,
      offlineSessions: 50,
      queueMessages: 50,
      retainedTopics: 100,
      // Nobody is shut out: every packet is to meet the rules.
      connectsPerSecond: 1_000_000,
      connectsPerSecondFromLoopback: 1_000_000,
      protocolErrorsFromLoopback: 0,
      takeoversPerClient: 10_000,
    },
  });
});
afterEach(() => hub.stop());

test.for([FIXED_SEED, Date.now() % 2 ** 31])(
  "seed %i: broken packets hurt nobody: nothing throws or hangs, memory stays, a neighbour gets all it should in order",
  { timeout: 60_000 },
  async (seed) => {
    const subscriber = await hub.connect({ clientId: "neighbour-subscriber" });
    await subscriber.subscribeAsync("neighbour/+", { qos: 1 });
    const received: string[] = [];
    subscriber.on("message", (_topic, payload) => received.push(payload.toString()));
    const publisher = await hub.connect({ clientId: "neighbour-publisher" });
    let sent = 0;
    let isFuzzing = true;
    async function publishOn(): Promise<void> {
      await publisher.publishAsync("neighbour/count", `${sent++}`, { qos: 1 });
      if (isFuzzing) return publishOn();
    }
    const publishing = publishOn();
    const before = process.memoryUsage().rss;
    const report = await fuzzBroker({ port: hub.port, seed, connections: CONNECTIONS });
    isFuzzing = false;
    await publishing;

    expect(report).toMatchObject({ connections: CONNECTIONS, hanging: 0 });
    await expect.poll(() => received.length).toBe(sent);
    expect(received).toEqual(Array.from({ length: sent }, (_, index) => `${index}`));
    await expect.poll(() => hub.broker.stats().connections).toBe(2);
    expect(hub.logged.filter(({ text }) => text.startsWith("The broker could not"))).toEqual([]);
    expect(hub.broker.stats().routeFailures).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 * MEGABYTE);
    // The seed meets most of the rules, and yet much gets through.
    expect(Object.keys(hub.broker.stats().refused).length).toBeGreaterThan(15);
    expect(hub.arrivals.length).toBeGreaterThan(1_000);
  },
);
