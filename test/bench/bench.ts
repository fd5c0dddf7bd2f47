import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { type HubProcess, addDevice, deploy, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import type { LoadOrder, LoadResult } from "./load.ts";
import { cpuSeconds, residentMegabytes } from "./processFigures.ts";

/** A broker under load: the hub with one flow, or the yardstick. */
interface Target {
  readonly name: string;
  readonly pid: number;
  readonly connection: Pick<LoadOrder, "port" | "username" | "password" | "publishTo" | "listenTo">;
}

interface Cell {
  readonly name: string;
  readonly messages: number;
  readonly load: Pick<LoadOrder, "publishers" | "perSecond" | "windowMessages" | "batch">;
}

interface Figures extends LoadResult {
  readonly cpuMicros: number;
}

/** `npm run bench -- "20 packets"` measures only the cells of that name. */
const chosen = process.argv[2] ?? "";
const ROUNDS = 3;
const IDLE_MS = 5_000;
const cells: readonly Cell[] = [
  {
    name: "2,000/s, one packet a write",
    messages: 20_000,
    load: { publishers: 1, perSecond: 2_000, windowMessages: 0, batch: 1 },
  },
  {
    name: "full speed, one packet a write",
    messages: 100_000,
    load: { publishers: 1, perSecond: 0, windowMessages: 500, batch: 1 },
  },
  {
    name: "full speed, 20 packets a write",
    messages: 200_000,
    load: { publishers: 1, perSecond: 0, windowMessages: 2_000, batch: 20 },
  },
];

/** Prints what a threshold-and-republish flow costs, beside a bare aedes that passes the same messages in the same run. */
async function main(): Promise<void> {
  // The rate of one client is bounded by default; here it is the hub that is measured.
  const hub = await startHub({ args: ["--limit", "messagesPerSecond=1000000"] });
  const idle = await settledMemory(hub.pid);
  console.log(
    `ready after ${Math.round(hub.readyMs)} ms (target 2,000); idle ${idle.toFixed(0)} MB (target 120)\n`,
  );
  const bare = await startBare();
  const targets = [bare.target, await hubTarget(hub)];
  try {
    for (const cell of cells.filter(({ name }) => name.includes(chosen))) await compare(cell, targets);
    console.log(
      `after the load: hub ${residentMegabytes(hub.pid).toFixed(0)} MB, bare aedes ${residentMegabytes(bare.target.pid).toFixed(0)} MB`,
    );
  } finally {
    bare.stop();
    await hub.stop();
    removeFolder(hub.folder);
  }
}

/** Rounds take turns, so that a busy moment of the machine meets both. */
async function compare(cell: Cell, targets: readonly Target[]): Promise<void> {
  const figures = new Map(targets.map((target) => [target, [] as Figures[]]));
  for (const target of targets) await measure(target, { ...cell, messages: Math.ceil(cell.messages / 10) });
  for (let round = 0; round < ROUNDS; round++)
    for (const target of targets) figures.get(target)?.push(await measure(target, cell));
  console.log(cell.name);
  for (const [{ name }, all] of figures) console.log(`  ${name.padEnd(12)} ${line(all)}`);
  const [bare = [], hub = []] = figures.values();
  const ratios = hub.map(({ cpuMicros }, round) => cpuMicros / (bare[round]?.cpuMicros ?? Number.NaN));
  console.log(
    `  CPU ratio    ${median(ratios).toFixed(2)} (target 1.5; rounds ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")})\n`,
  );
}

async function measure({ pid, connection }: Target, { messages, load }: Cell): Promise<Figures> {
  const before = cpuSeconds(pid);
  const order: LoadOrder = { ...connection, ...load, messages };
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--import",
    "tsx",
    "test/bench/load.ts",
    JSON.stringify(order),
  ]);
  const result = JSON.parse(stdout) as LoadResult;
  return { ...result, cpuMicros: ((cpuSeconds(pid) - before) * 1e6) / result.received };
}

function line(all: readonly Figures[]): string {
  const of = (read: (figures: Figures) => number) => median(all.map(read));
  const rate = (read: (figures: Figures) => number) =>
    Math.round(of((one) => read(one) / one.seconds))
      .toLocaleString("en")
      .padStart(7);
  return [
    `in ${rate(({ sent }) => sent)}/s`,
    `out ${rate(({ received }) => received)}/s`,
    `p50 ${of(({ p50Ms }) => p50Ms).toFixed(2)} ms`,
    `p99 ${of(({ p99Ms }) => p99Ms).toFixed(2)} ms`,
    `CPU ${of(({ cpuMicros }) => cpuMicros).toFixed(1)} µs a message`,
  ].join("  ");
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function settledMemory(pid: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return residentMegabytes(pid);
}

async function startBare(): Promise<{ readonly target: Target; readonly stop: () => void }> {
  const child = spawn(process.execPath, ["test/bench/bareAedes.mjs"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const { port } = JSON.parse(text.toString()) as { port: number };
  const connection = { port, publishTo: "bench/in", listenTo: "bench/in" };
  return { target: { name: "bare aedes", pid: child.pid ?? 0, connection }, stop: () => child.kill() };
}

async function hubTarget(hub: HubProcess): Promise<Target> {
  const api = await signIn(hub);
  const { username, password } = await addDevice(api, "Bench");
  await deploy(api, {
    millrace: 1,
    id: "bench",
    name: "Bench",
    nodes: {
      in: { type: "mqtt-in", config: { filters: ["bench/in"] } },
      limit: {
        type: "threshold",
        config: { value: { var: "payload.celsius" }, levels: [{ set: 30, clear: 28 }] },
      },
      out: { type: "publish", config: { topic: "bench/out", qos: 0 } },
    },
    wires: [
      { from: "in", to: "limit" },
      { from: "limit.raise", to: "out" },
      { from: "limit.clear", to: "out" },
    ],
  } as { name: string });
  return {
    name: "hub",
    pid: hub.pid,
    connection: { port: hub.mqttPort, username, password, publishTo: "bench/in", listenTo: "bench/out" },
  };
}

await main();
