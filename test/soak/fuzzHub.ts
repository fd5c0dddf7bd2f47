import { fuzzBroker } from "../../server/broker/testing/frameFuzzer.ts";
import { residentMegabytes } from "../bench/processFigures.ts";
import { openFlood } from "../crash/flood.ts";
import type { Random } from "../crash/random.ts";
import { addDevice, logLines, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import type { Outcome } from "./outcome.ts";

/** Nobody is shut out for what the fuzzer does, and much of it reaches the broker. */
const LIMITS = [
  "protocolErrorsFromLoopback=0",
  "takeoversPerClient=10000",
  "connectionsPerUser=5000",
  "connectsPerSecondFromLoopback=10000",
  "connectsPerSecond=10000",
].join();
const NEIGHBOUR_PER_SECOND = 20;
/** pino's numbers for "error" and "fatal". */
const ERROR_LEVEL = 50;

/** G14: broken packets, as a stranger and as a device, beside a neighbour that must not notice. */
export async function soakFuzz(minutes: number, { seed }: Random): Promise<Outcome> {
  const hub = await startHub({ environment: { MILLRACE_LIMITS: LIMITS } });
  try {
    const api = await signIn(hub);
    const neighbour = await openFlood({
      port: hub.mqttPort,
      identity: await addDevice(api, "Neighbour"),
      topic: "neighbour",
      perSecond: NEIGHBOUR_PER_SECOND,
    });
    const login = await addDevice(api, "Fuzz");
    const before = residentMegabytes(hub.pid);
    const durationMs = minutes * 60_000;
    const order = { port: hub.mqttPort, durationMs };
    const [{ sent, received }, strangers, devices] = await Promise.all([
      neighbour.run(durationMs),
      fuzzBroker({ ...order, seed }),
      fuzzBroker({ ...order, seed: seed + 1, login }),
    ]);
    const grownMb = residentMegabytes(hub.pid) - before;
    neighbour.end();
    const breaches = logLines(hub)
      .filter(({ level }) => Number(level) >= ERROR_LEVEL)
      .slice(0, 10)
      .map((line) => JSON.stringify(line));
    if (received < sent) breaches.push(`The neighbour got ${received} of ${sent} messages.`);
    const hanging = strangers.hanging + devices.hanging;
    if (hanging > 0) breaches.push(`${hanging} connections were not ended.`);
    if ((await hub.stop()) !== 0) breaches.push(`The hub did not end well: ${hub.log().slice(-500)}`);
    return {
      figures: `${strangers.connections + devices.connections} connections, ${strangers.bytes + devices.bytes} bytes, memory +${grownMb.toFixed(0)} MB`,
      breaches,
    };
  } finally {
    await hub.stop("SIGKILL");
    removeFolder(hub.folder);
  }
}
