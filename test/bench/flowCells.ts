import { deploy, signIn } from "../hub/hubProcess.ts";
import { residentMegabytes } from "./processFigures.ts";
import type { IsMet } from "./report.ts";
import { isHubTarget, type Target } from "./targets.ts";
import { type Cell, compare } from "./throughput.ts";

const RATIO_MAX = 1.5;
const READY_MS_MAX = 2_000;
const RESIDENT_MB_MAX = 200;
const cells: readonly Cell[] = [
  { name: "flow: 2,000/s, one packet a write", load: { messages: 20_000, perSecond: 2_000 } },
  { name: "flow: full speed, one packet a write", load: { messages: 100_000, windowMessages: 500 } },
  { name: "flow: full speed, 20 packets a write", load: { messages: 200_000, batch: 20 } },
];

/** What a threshold-and-republish flow costs, beside a bare aedes that passes the same messages in the same run. */
export async function flowCells([bare, hub]: readonly Target[], isMet: IsMet): Promise<void> {
  if (bare === undefined || !isHubTarget(hub)) return;
  console.log(
    `ready after ${Math.round(hub.hub.readyMs)} ms ${isMet("ready, ms", hub.hub.readyMs, READY_MS_MAX)}`,
  );
  await deployThreshold(hub.hub);
  const load = { publishTo: "flow/in", listenTo: "flow/in" };
  for (const cell of cells) {
    const own = { ...cell, load: { ...cell.load, ...load }, ratioMax: RATIO_MAX };
    await compare(own, [bare, { ...hub, listenTo: "flow/out" }], isMet);
  }
  const megabytes = residentMegabytes(hub.pid);
  console.log(
    `after the load: ${megabytes.toFixed(0)} MB ${isMet("memory after the load, MB", megabytes, RESIDENT_MB_MAX, "guide")}\n`,
  );
}

async function deployThreshold(hub: Parameters<typeof signIn>[0]): Promise<void> {
  await deploy(await signIn(hub), {
    millrace: 1,
    id: "bench",
    name: "Bench",
    nodes: {
      in: { type: "mqtt-in", config: { filters: ["flow/in"] } },
      limit: {
        type: "threshold",
        config: { value: { var: "payload.celsius" }, levels: [{ set: 30, clear: 28 }] },
      },
      out: { type: "publish", config: { topic: "flow/out", qos: 0 } },
    },
    wires: [
      { from: "in", to: "limit" },
      { from: "limit.raise", to: "out" },
      { from: "limit.clear", to: "out" },
    ],
  } as { name: string });
}
