import { type HubProcess, addDevice, deploy, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import { echoFlow } from "./echoFlow.ts";
import { type Load, createLoad } from "./load.ts";
import type { Publisher } from "./publisher.ts";
import { createRandom } from "./random.ts";
import { type Subscriber, createSubscriber } from "./subscriber.ts";
import { breachesOf, hasAll, lossesOf, staleStates } from "./verdict.ts";
import { type Introduction, openWire, subscribeOn } from "./wire.ts";

/** How often and how hard. */
export interface KillPlan {
  readonly rounds: number;
  readonly seed: number;
  readonly publishers: number;
  readonly windowMessages: number;
  /** Of each publisher in each round; those of all of them in two rounds must fit into the queue of one session. */
  readonly messages: number;
}

/** What came of it; `breaches` is empty when every promise was kept. */
export interface KillResult {
  readonly breaches: readonly string[];
  readonly acked: number;
  /** From the start of the process to its ready line: on an empty folder, and after each kill. */
  readonly firstReadyMs: number;
  readonly readyMs: readonly number[];
}

type Identity = Pick<Introduction, "username" | "password">;

/** The publisher whose messages a flow repeats. */
const ECHOED = "p0";
const LOOK_MAX_MS = 2_000;

/**
 * Kills the hub under load, again and again, and holds it to what it acknowledged (reliability reference, gate G1):
 * nothing is lost, the order of each publisher stays, QoS 2 comes once, and a retained value is never older than the
 * last acknowledged one. One subscriber is there at every kill; another comes in every second round, so that the kill
 * meets its backlog half sent. The third hears only what a flow makes of the messages, each of which it must consume.
 */
export async function runKillRounds(plan: KillPlan): Promise<KillResult> {
  const random = createRandom(plan.seed);
  const readyMs: number[] = [];
  const stale: string[] = [];
  let hub = await startHub();
  const { folder, readyMs: firstReadyMs } = hub;
  try {
    const identity = await prepare(hub);
    const load = createLoad({ ...plan, identity, random });
    const subscribers = createSubscribers(identity);
    const { steady, seldom, echo } = subscribers;
    for (const subscriber of [steady, echo, seldom]) await subscriber.connect(hub.mqttPort);
    await seldom.leave();
    await load.connect(hub.mqttPort);
    for (let round = 0; round < plan.rounds; round++) {
      const here = round % 2 === 0 ? [steady, echo] : [steady, echo, seldom];
      const killTime = load.ackedMore(random.whole(1, plan.publishers * plan.messages));
      load.allow(plan.messages);
      if (here.includes(seldom)) await seldom.connect(hub.mqttPort);
      await killTime;
      await hub.stop("SIGKILL");
      await load.closed();

      hub = await startHub({ folder });
      readyMs.push(hub.readyMs);
      // Before the publishers are back, so that nothing they repeat hides an old value.
      stale.push(...staleStates(load.publishers, await statesOf(hub, identity, load)));
      for (const subscriber of here) await subscriber.connect(hub.mqttPort);
      await load.connect(hub.mqttPort);
      await load.settled();
      if (here.includes(seldom)) await completeAndLeave(load.publishers, seldom);
    }
    await seldom.connect(hub.mqttPort);
    const breaches = [...stale, ...(await judge(load, subscribers))];
    if (breaches.length > 0) breaches.push(await dropsOf(hub));
    return { breaches, acked: load.acked, firstReadyMs, readyMs };
  } finally {
    await hub.stop("SIGKILL");
    removeFolder(folder);
  }
}

async function prepare(hub: HubProcess): Promise<Identity> {
  const api = await signIn(hub);
  await deploy(api, echoFlow(ECHOED));
  return addDevice(api, "Load");
}

interface Subscribers {
  readonly steady: Subscriber;
  readonly seldom: Subscriber;
  readonly echo: Subscriber;
}

function createSubscribers(identity: Identity): Subscribers {
  const to = (name: string, filter: string) => createSubscriber({ name, identity, filter });
  return { steady: to("steady", "load/#"), seldom: to("seldom", "load/#"), echo: to("echo", "echo/#") };
}

async function judge(load: Load, { steady, seldom, echo }: Subscribers): Promise<readonly string[]> {
  const echoed = load.publishers.filter(({ name }) => name === ECHOED);
  for (const subscriber of [steady, seldom]) await completeAndLeave(load.publishers, subscriber);
  await completeAndLeave(echoed, echo);
  return [
    ...[steady, seldom, echo].flatMap(({ problems }) => problems),
    ...[steady, seldom].flatMap((subscriber) => breachesOf(load.publishers, subscriber)),
    ...lossesOf(echoed, echo),
  ];
}

/** What is missing is told by the verdict, with numbers. */
async function completeAndLeave(publishers: readonly Publisher[], subscriber: Subscriber): Promise<void> {
  await subscriber.until(() => hasAll(publishers, subscriber)).catch(() => {});
  await subscriber.leave();
}

async function statesOf(
  { mqttPort }: HubProcess,
  identity: Identity,
  { publishers }: Load,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const expected = publishers.filter(({ lastAckedState }) => lastAckedState > 0).length;
  const wire = await openWire({ ...identity, port: mqttPort, clientId: "looks" }, (packet) => {
    if (packet.cmd !== "publish") return;
    found.set(packet.topic.split("/")[1] ?? "", Number(packet.payload.toString()));
  });
  await subscribeOn(wire, "load/+/state", 0);
  const endsAt = performance.now() + LOOK_MAX_MS;
  while (found.size < expected && performance.now() < endsAt)
    await new Promise((resolve) => setTimeout(resolve, 10));
  wire.socket.destroy();
  await wire.closed;
  return found;
}

/** Explains a loss: a queue that was too small is another matter than a message that vanished. */
async function dropsOf(hub: HubProcess): Promise<string> {
  const { body } = await (await signIn(hub))<string>("GET", "/metrics");
  const lines = body.split("\n").filter((line) => /dropped_total.* [1-9]/.test(line));
  return `The hub says that it dropped: ${lines.join("; ") || "nothing"}.`;
}
