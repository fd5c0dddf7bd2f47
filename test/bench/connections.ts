import type { CrowdOrder } from "./crowd.ts";
import { startCrowd } from "./crowdProcess.ts";
import { median, spread } from "./measure.ts";
import { cpuSeconds, residentMegabytes } from "./processFigures.ts";
import type { IsMet } from "./report.ts";
import {
  isHubTarget,
  startBareTarget,
  startHubTarget,
  startMosquittoTarget,
  type Target,
} from "./targets.ts";

const STEP = 1_000;
const STEPS = 4;
const CONNECT_ROUNDS = 3;
/** Sockets and timers of what has just happened are gone after it. */
const SETTLE_MS = 1_500;
const IDLE_KB_MAX = 25;
const CONNECT_MICROS_MAX = 450;

/**
 * Memory of connections that do nothing: how much more the process holds for each one behind the first thousand, which
 * pays for what is made once. Each figure from a process of its own, since memory once used is not given back.
 */
export async function idleMemory(isMet: IsMet): Promise<void> {
  console.log(`idle connections: memory for each, from ${STEP} to ${STEP * STEPS}`);
  for (const subscribes of [false, true]) {
    const what = subscribes ? "one QoS 1 subscription" : "no subscription";
    for (const start of [startBareTarget, startHubTarget, startMosquittoTarget]) {
      const target = await start();
      if (target === undefined) continue;
      const { emptyMb, rssKb, heapKb } = await slope(target, subscribes);
      await target.stop();
      const heap = heapKb === undefined ? "" : `, heap ${heapKb.toFixed(1)} kB`;
      const met = isHubTarget(target) ? `  ${isMet(`idle, ${what}, kB`, rssKb, IDLE_KB_MAX)}` : "";
      console.log(
        `  ${target.name.padEnd(12)} ${what.padEnd(24)} ${rssKb.toFixed(1)} kB${heap}${met}; empty ${emptyMb.toFixed(0)} MB`,
      );
    }
  }
  console.log("");
}

interface Slope {
  /** Before the first connection. */
  readonly emptyMb: number;
  readonly rssKb: number;
  readonly heapKb?: number;
}

async function slope(target: Target, subscribes: boolean): Promise<Slope> {
  const emptyMb = (await sizeOf(target)).rss / 2 ** 20;
  const crowd = startCrowd();
  const sizes: { readonly rss: number; readonly heap: number | undefined }[] = [];
  for (let step = 0; step < STEPS; step++) {
    await crowd.open({ ...orderFor(target), count: STEP, subscribes });
    sizes.push(await sizeOf(target));
  }
  await crowd.close();
  const [first, last] = [sizes[0], sizes.at(-1)];
  const each = (bytes: number): number => bytes / 1_000 / (STEP * (STEPS - 1));
  const rssKb = each((last?.rss ?? 0) - (first?.rss ?? 0));
  if (last?.heap === undefined || first?.heap === undefined) return { emptyMb, rssKb };
  return { emptyMb, rssKb, heapKb: each(last.heap - first.heap) };
}

async function sizeOf(target: Target): Promise<{ rss: number; heap: number | undefined }> {
  await settle();
  // The first one collects what the settling left.
  await target.probe();
  const probe = await target.probe();
  const rss = probe?.rss ?? residentMegabytes(target.pid) * 2 ** 20;
  return { rss, heap: probe && probe.heapUsed + probe.external };
}

/** CPU of a client that connects, shows its credentials and subscribes. */
export async function connectCost(targets: readonly Target[], isMet: IsMet): Promise<void> {
  const micros = targets.map((target) => ({ target, all: [] as number[] }));
  const seconds = new Map<Target, number[]>();
  for (let round = 0; round <= CONNECT_ROUNDS; round++)
    for (const { target, all } of micros) {
      const crowd = startCrowd();
      // The process is up when its first connection is.
      await crowd.open({ ...orderFor(target), count: 1, subscribes: false });
      const [cpuBefore, before] = [cpuSeconds(target.pid), performance.now()];
      await crowd.open({ ...orderFor(target), count: STEP, subscribes: true });
      // The first round warms up.
      if (round > 0) {
        all.push(((cpuSeconds(target.pid) - cpuBefore) * 1e6) / STEP);
        seconds.set(target, [...(seconds.get(target) ?? []), (performance.now() - before) / 1_000]);
      }
      await crowd.close();
      await settle();
    }
  console.log("connect, log in and subscribe");
  for (const { target, all } of micros) {
    const rate = Math.round(STEP / median(seconds.get(target) ?? []));
    const met = isHubTarget(target)
      ? `  guide ${isMet("connect", median(all), CONNECT_MICROS_MAX, "guide")}`
      : "";
    console.log(`  ${target.name.padEnd(12)} ${spread(all, 0)} µs CPU  ${rate}/s${met}`);
  }
  console.log("");
}

function orderFor({ place: { port }, users }: Target): Pick<CrowdOrder, "port" | "users"> {
  return { port, users };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
