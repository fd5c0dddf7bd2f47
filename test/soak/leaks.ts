import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFlood } from "../crash/flood.ts";
import { type Introduction, openWire, subscribeOn } from "../crash/wire.ts";
import { republish } from "../hub/flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  deploy,
  eventually,
  removeFolder,
  signIn,
  startHub,
} from "../hub/hubProcess.ts";
import type { Outcome } from "./outcome.ts";

interface Sample {
  readonly atMinutes: number;
  readonly heapBytes: number;
  readonly handles: number;
}

const REPORTER = new URL("heapReporter.mjs", import.meta.url).href;
const TOPIC = "load";
const FLOW = republish(TOPIC, "echo");
const MESSAGES_PER_SECOND = 500;
const CHURN_EVERY_MS = 200;
const DEPLOY_EVERY_MS = 5_000;
const SAMPLES = 20;
/** The first samples are of a hub that still fills its caches. */
const WARM_UP_SHARE = 0.3;
const LONG_MINUTES = 60;
const MIB = 1024 * 1024;
/** In a short run the caches weigh more than a leak: then only a gross one counts. */
const growthMax = (minutes: number) => (minutes >= LONG_MINUTES ? 1 / 60 : 5);
const HANDLES_MAX = 20;

/** G19: messages, clients that come and go, and deploys; what is left after collecting garbage must not grow. */
export async function soakLeaks(minutes: number): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-heap-"));
  const file = join(folder, "heap");
  const hub = await startHub({
    nodeOptions: ["--import", REPORTER],
    environment: { HEAP_REPORT: file },
  });
  try {
    const api = await signIn(hub);
    const identity = await addDevice(api, "Churn");
    const flow = await deploy(api, FLOW);
    const options = { port: hub.mqttPort, identity, perSecond: MESSAGES_PER_SECOND, topic: TOPIC };
    const flood = await openFlood(options);
    const churns = [
      keepDoing(CHURN_EVERY_MS, () => comeAndGo(hub.mqttPort, identity)),
      keepDoing(DEPLOY_EVERY_MS, () => deployAgain(api, flow)),
    ];
    const samples: Sample[] = [];
    const spanMs = (minutes * 60_000) / SAMPLES;
    for (let count = 1; count <= SAMPLES; count++) {
      await flood.run(spanMs);
      samples.push(await takeSample(hub, file, { count, atMinutes: (count * spanMs) / 60_000 }));
    }
    flood.end();
    const done = await Promise.all(churns.map((churn) => churn.end()));
    return judge(minutes, samples, done);
  } finally {
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
    removeFolder(folder);
  }
}

function judge(minutes: number, all: readonly Sample[], [clients, deploys]: readonly number[]): Outcome {
  const samples = all.slice(Math.floor(all.length * WARM_UP_SHARE));
  const slope = slopeOf(samples.map(({ atMinutes, heapBytes }) => [atMinutes, heapBytes / MIB]));
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const breaches: string[] = [];
  if (slope > growthMax(minutes)) breaches.push(`The heap grows by ${slope.toFixed(2)} MB a minute.`);
  if (last.handles > first.handles + HANDLES_MAX)
    breaches.push(`Open handles rose from ${first.handles} to ${last.handles}.`);
  return {
    figures: `${minutes} min, ${clients} clients, ${deploys} deploys; heap ${(last.heapBytes / MIB).toFixed(1)} MB, ${slope >= 0 ? "+" : ""}${slope.toFixed(3)} MB/min; handles ${first.handles} to ${last.handles}`,
    breaches,
  };
}

async function takeSample(
  { pid }: HubProcess,
  file: string,
  { count, atMinutes }: { readonly count: number; readonly atMinutes: number },
): Promise<Sample> {
  process.kill(pid, "SIGUSR2");
  const lines = await eventually(
    async () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []),
    ({ length }) => length === count,
  );
  return { atMinutes, ...(JSON.parse(lines.at(-1) ?? "{}") as Omit<Sample, "atMinutes">) };
}

/** A client with a session and a will, that leaves without a word. */
async function comeAndGo(port: number, identity: Pick<Introduction, "username" | "password">): Promise<void> {
  const will = { topic: "gone", payload: Buffer.from("x"), qos: 0, retain: false } as const;
  const wire = await openWire({ ...identity, port, clientId: `churn${Date.now()}`, will });
  await subscribeOn(wire, TOPIC, 0);
  wire.socket.destroy();
  await wire.closed;
}

async function deployAgain(api: ApiClient, flow: string): Promise<void> {
  const { body } = await api<{ revision: number }>("GET", `/flows/${flow}`);
  const document = { ...FLOW, description: new Date().toISOString() };
  const saved = await api("PUT", `/flows/${flow}`, document, { "if-match": `"${body.revision}"` });
  const deployed = await api("POST", `/flows/${flow}/deploy`, {});
  if (saved.status >= 300 || deployed.status >= 300)
    throw new Error(`The flow was not deployed: ${JSON.stringify([saved.body, deployed.body])}`);
}

function keepDoing(everyMs: number, act: () => Promise<void>) {
  const over = new AbortController();
  let count = 0;
  const going = (async () => {
    while (!over.signal.aborted) {
      await act();
      count++;
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  // Told at the end.
  going.catch(() => {});
  return {
    async end() {
      over.abort();
      await going;
      return count;
    },
  };
}

/** Of the straight line that fits best. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = mean(points.map(([x, y]) => (x - meanX) * (y - meanY)));
  return covariance / mean(points.map(([x]) => (x - meanX) ** 2));
}
