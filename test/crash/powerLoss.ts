import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HubProcess, addDevice, deploy, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import { echoFlow } from "./echoFlow.ts";
import { type Load, createLoad } from "./load.ts";
import type { LoopDisk } from "./loopDisk.ts";
import type { Random } from "./random.ts";
import { relaxed } from "./relaxed.ts";
import { type Subscriber, createSubscriber } from "./subscriber.ts";
import { breachesOf, hasAll, lossesOf } from "./verdict.ts";

/** What came of a power loss; `breaches` is empty when every promise was kept. */
export interface PowerLoss {
  readonly breaches: readonly string[];
  /** Messages that the hub had answered for. */
  readonly acked: number;
  /** What SQLite says of the database that was found: `ok`. */
  readonly integrity: string;
}

/** How the power goes away. */
export interface PowerPlan {
  readonly random: Random;
  readonly disk: LoopDisk;
  readonly publishers: number;
  readonly windowMessages: number;
  /** Of each publisher. */
  readonly messages: number;
  /** False makes the hub forget to wait for the disk, to prove that the test sees it. @default true */
  readonly isStrict?: boolean;
}

const CHECK =
  'console.log(require("better-sqlite3")(process.argv[1]).pragma("integrity_check", { simple: true }))';
const STOP_MAX_MS = 2_000;
const QUIET_MS = 100;

/**
 * Takes the power away under load (reliability reference, gate G2): the hub is held still, a copy of its disk shows
 * what had really been written, and a hub that starts on the copy must have everything that was acknowledged by then.
 */
export async function losePower({ disk, isStrict = true, ...plan }: PowerPlan): Promise<PowerLoss> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-"));
  let hub = await startHub({ folder, through: disk.through, nodeOptions: isStrict ? [] : relaxed });
  let copy: LoopDisk | undefined;
  try {
    const api = await signIn(hub);
    await deploy(api, echoFlow("p0"));
    const identity = await addDevice(api, "Load");
    const load = createLoad({ ...plan, identity });
    const away = createSubscriber({ name: "away", identity, filter: "load/#" });
    const echo = createSubscriber({ name: "echo", identity, filter: "echo/#" });
    for (const subscriber of [away, echo]) {
      await subscriber.connect(hub.mqttPort);
      await subscriber.leave();
    }
    await load.connect(hub.mqttPort);
    const cutTime = load.ackedMore(plan.random.whole(1, plan.publishers * plan.messages));
    load.allow(plan.messages);
    await cutTime;
    await holdStill(hub);
    copy = disk.cut();
    await allHeard(load);
    await hub.stop("SIGKILL");
    await load.closed();

    hub = await startHub({ folder, through: copy.through });
    const breaches = await judge(load, away, echo, hub);
    await hub.stop();
    return { breaches, acked: load.acked, integrity: integrityOf(copy, folder) };
  } finally {
    await hub.stop("SIGKILL");
    copy?.remove();
    removeFolder(folder);
  }
}

/** From here on nothing is acknowledged. */
async function holdStill({ pid }: HubProcess): Promise<void> {
  process.kill(pid, "SIGSTOP");
  const endsAt = performance.now() + STOP_MAX_MS;
  while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) {
    if (performance.now() > endsAt) throw new Error("The hub could not be held still.");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Acknowledgements that left before the hub was held still count, too. */
async function allHeard(load: Load): Promise<void> {
  for (let before = -1; before < load.acked;) {
    before = load.acked;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

/** The publishers stay away, so that nothing they repeat hides a loss. */
async function judge(
  { publishers }: Load,
  away: Subscriber,
  echo: Subscriber,
  { mqttPort }: HubProcess,
): Promise<readonly string[]> {
  const echoed = publishers.filter(({ name }) => name === "p0");
  try {
    await away.connect(mqttPort);
    await echo.connect(mqttPort);
  } catch (error) {
    return [String(error)];
  }
  await away.until(() => hasAll(publishers, away)).catch(() => {});
  await echo.until(() => hasAll(echoed, echo)).catch(() => {});
  return [
    ...[away, echo].flatMap(({ problems }) => problems),
    ...breachesOf(publishers, away),
    ...lossesOf(echoed, echo),
  ];
}

/** The mount is seen only by the process that made it. */
function integrityOf({ through }: LoopDisk, folder: string): string {
  const [program = "", ...rest] = through;
  const args = [...rest, folder, process.execPath, "-e", CHECK, join(folder, "hub.db")];
  return execFileSync(program, args, { encoding: "utf8" }).trim();
}
