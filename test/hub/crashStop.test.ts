import { expect, onTestFinished, test } from "vitest";
import { createLoad } from "../crash/load.ts";
import { crowdEnvironment } from "../crash/crowdEnvironment.ts";
import { chosenSeed, createRandom } from "../crash/random.ts";
import { createSubscriber } from "../crash/subscriber.ts";
import { breachesOf, hasAll } from "../crash/verdict.ts";
import { openWire } from "../crash/wire.ts";
import { addDevice, removeFolder, signIn, startHub } from "./hubProcess.ts";

const CLIENTS = 100;
const MESSAGES = 200;
const STOP_MAX_MS = 15_000;

test("G20, B26: a hub told to stop under load, with a hundred wills in it, sends none and loses nothing it acknowledged", async () => {
  const random = createRandom(chosenSeed());
  const hub = await startHub({ environment: crowdEnvironment });
  onTestFinished(() => removeFolder(hub.folder));
  const identity = await addDevice(await signIn(hub), "Load");
  const sleeper = createSubscriber({ name: "sleeper", identity, filter: "load/#" });
  const witness = createSubscriber({ name: "witness", identity, filter: "gone/#" });
  await sleeper.connect(hub.mqttPort);
  await sleeper.leave();
  await witness.connect(hub.mqttPort);
  for (let index = 0; index < CLIENTS; index++) {
    const will = {
      topic: `gone/${index}`,
      payload: Buffer.from(String(index)),
      qos: 1,
      retain: false,
    } as const;
    await openWire({ ...identity, port: hub.mqttPort, clientId: `client${index}`, will });
  }
  const load = createLoad({ identity, random, publishers: 4, windowMessages: 25 });
  await load.connect(hub.mqttPort);
  const stopTime = load.ackedMore(random.whole(1, 2 * MESSAGES));
  load.allow(MESSAGES);
  await stopTime;
  const toldAt = performance.now();
  const code = await hub.stop();
  const stopMs = performance.now() - toldAt;
  await load.closed();
  console.log(
    `MILLRACE_SEED=${random.seed}: ${load.acked} acknowledged, stopped in ${Math.round(stopMs)} ms`,
  );
  expect(code, hub.log()).toBe(0);
  expect(stopMs).toBeLessThan(STOP_MAX_MS);
  expect(load.acked).toBeLessThan(4 * MESSAGES);

  const next = await startHub({ folder: hub.folder, environment: crowdEnvironment });
  onTestFinished(async () => void (await next.stop("SIGKILL")));
  await witness.connect(next.mqttPort);
  await sleeper.connect(next.mqttPort);
  await sleeper.until(() => hasAll(load.publishers, sleeper)).catch(() => {});
  expect(breachesOf(load.publishers, sleeper)).toEqual([]);
  expect([...witness.problems, ...witness.received]).toEqual([]);
});
