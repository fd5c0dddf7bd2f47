import { connectCost, idleMemory } from "./connections.ts";
import { brokerCells, durability } from "./brokerCells.ts";
import { flowCells } from "./flowCells.ts";
import { createVerdict, type IsMet } from "./report.ts";
import { retainedLookup, startTime } from "./restored.ts";
import { startBareTarget, startHubTarget, startMosquittoTarget, type Target } from "./targets.ts";

/** One part of the bench; it gets the yardstick, the hub, and mosquitto where there is one. */
interface Section {
  readonly name: string;
  readonly run: (targets: readonly Target[], isMet: IsMet) => Promise<void>;
}

const sections: readonly Section[] = [
  { name: "broker", run: brokerCells },
  { name: "durable", run: durability },
  { name: "connect", run: connectCost },
  { name: "flow", run: flowCells },
];

/** Those that start brokers of their own. */
const apart: readonly { readonly name: string; readonly run: (isMet: IsMet) => Promise<void> }[] = [
  { name: "memory", run: idleMemory },
  { name: "retained", run: retainedLookup },
  { name: "start", run: startTime },
];

/** `npm run bench -- broker memory` runs only these parts; without names, all. Ends with 1 when a target is missed. */
async function main(chosen: readonly string[]): Promise<void> {
  const isChosen = ({ name }: { readonly name: string }): boolean =>
    chosen.length === 0 || chosen.includes(name);
  const { isMet, missed } = createVerdict();
  const together = sections.filter(isChosen);
  if (together.length > 0) {
    const targets = await startAll();
    try {
      for (const { run } of together) await run(targets, isMet);
    } finally {
      for (const target of targets) await target.stop();
    }
  }
  for (const { run } of apart.filter(isChosen)) await run(isMet);
  for (const one of missed) console.log(`MISSED ${one}`);
  if (missed.length > 0) process.exitCode = 1;
}

async function startAll(): Promise<readonly Target[]> {
  const mosquitto = await startMosquittoTarget();
  if (mosquitto === undefined) console.log("mosquitto is not installed, so it is not compared.\n");
  return [await startBareTarget(), await startHubTarget(), ...(mosquitto === undefined ? [] : [mosquitto])];
}

await main(process.argv.slice(2));
