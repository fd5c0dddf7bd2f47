import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { residentMegabytes } from "../bench/processFigures.ts";
import { type Introduction, type Wire, openWire, subscribeOn } from "../crash/wire.ts";
import { addDevice, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import type { Outcome } from "./outcome.ts";
import type { StrangersOrder, StrangersReport } from "./strangers.child.ts";

const CHILD = fileURLToPath(new URL("strangers.child.ts", import.meta.url));
const LIMITS = [
  "connectionsUnauthenticated=5000",
  "connectionsFromLoopback=5000",
  "connectsPerSecond=10000",
  "connectsPerSecondFromLoopback=10000",
].join();
const PROBE_EVERY_MS = 20;
const P99_MAX_MS = 100;
/** The time for a CONNECT is 10 s; a machine that is busy with other things adds to it. */
const LIFE_MAX_MS = 12_000;
/** With the default bounds a thousand wait for the time of two hundred. */
const LIFE_IN_LINE_MAX_MS = 6 * LIFE_MAX_MS;
const PER_CONNECTION_MAX_KB = 32;
/** What a hub takes more under any load. */
const ANY_LOAD_MB = 40;

/** G10: connections that never become clients must not disturb those that are; `isWide` raises the bounds. */
export async function soakFlood(count: number, isWide: boolean): Promise<Outcome> {
  const hub = await startHub(isWide ? { environment: { MILLRACE_LIMITS: LIMITS } } : {});
  try {
    const identity = await addDevice(await signIn(hub), "Neighbour");
    const pair = await openPair(hub.mqttPort, identity);
    const before = residentMegabytes(hub.pid);
    let mostMb = before;
    const watch = setInterval(() => (mostMb = Math.max(mostMb, residentMegabytes(hub.pid))), 500);
    const order: StrangersOrder = { port: hub.mqttPort, count };
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--import",
      "tsx",
      CHILD,
      JSON.stringify(order),
    ]);
    clearInterval(watch);
    const delays = pair.end();
    const { openMs, longestMs, most, forgotten } = JSON.parse(stdout) as StrangersReport;
    const p99Ms = delays[Math.floor(delays.length * 0.99)] ?? Infinity;
    const grownMb = mostMb - before;
    const breaches: string[] = [];
    if (p99Ms > P99_MAX_MS) breaches.push(`A neighbour waited ${p99Ms.toFixed(0)} ms (p99).`);
    if (forgotten > 0) breaches.push(`${forgotten} strangers were never ended.`);
    if (longestMs > (isWide ? LIFE_MAX_MS : LIFE_IN_LINE_MAX_MS))
      breaches.push(`A stranger was let live for ${longestMs.toFixed(0)} ms.`);
    if (grownMb > ANY_LOAD_MB + (count * PER_CONNECTION_MAX_KB) / 1024)
      breaches.push(`The hub took ${grownMb.toFixed(0)} MB more.`);
    return {
      figures: `${count} opened at ${Math.round((count / openMs) * 1_000)}/s, ${most} at once, the last gone after ${(longestMs / 1_000).toFixed(1)} s; neighbour p99 ${p99Ms.toFixed(1)} ms; memory +${grownMb.toFixed(0)} MB`,
      breaches,
    };
  } finally {
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
  }
}

/** A client that sends itself a message every moment and measures how long each takes. */
async function openPair(port: number, identity: Pick<Introduction, "username" | "password">) {
  const delays: number[] = [];
  let sentAt: number | undefined;
  const wire: Wire = await openWire({ ...identity, port, clientId: "pair" }, ({ cmd }) => {
    if (cmd !== "publish" || sentAt === undefined) return;
    delays.push(performance.now() - sentAt);
    sentAt = undefined;
  });
  await subscribeOn(wire, "pair", 0);
  const timer = setInterval(() => {
    if (sentAt !== undefined) return;
    sentAt = performance.now();
    wire.send({ cmd: "publish", topic: "pair", payload: "x", qos: 0, dup: false, retain: false });
  }, PROBE_EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      wire.socket.destroy();
      if (sentAt !== undefined) delays.push(performance.now() - sentAt);
      return delays.toSorted((a, b) => a - b);
    },
  };
}
