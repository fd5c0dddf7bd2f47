import { parseArgs } from "node:util";
import { chosenSeed, createRandom } from "../crash/random.ts";
import { soakFlood } from "./connectionFlood.ts";
import { soakFuzz } from "./fuzzHub.ts";
import { soakKills, soakPower } from "./killAndPower.ts";
import { soakLeaks } from "./leaks.ts";
import type { Outcome } from "./outcome.ts";
import { soakWills } from "./wills.ts";

const HELP = `npm run soak -- [options]
  --kills N          kill -9 under load, so many times (20)
  --power N          power loss under load, so many times (20)
  --connections N    connections of the flood (4000)
  --fuzz-minutes N   broken packets, for so long (2)
  --leak-minutes N   load and churn, for so long (10)
  --only LIST        parts to run: kills, power, wills, flood, fuzz, leaks
MILLRACE_SEED repeats the random choices of a run.`;

/** Runs what takes too long for the tests, and prints what it found; the exit code is 1 when a promise was broken. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: "string", default: "20" },
      power: { type: "string", default: "20" },
      connections: { type: "string", default: "4000" },
      "fuzz-minutes": { type: "string", default: "2" },
      "leak-minutes": { type: "string", default: "10" },
      only: { type: "string", default: "kills,power,wills,flood,fuzz,leaks" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const random = createRandom(chosenSeed());
  const connections = Number(values.connections);
  const parts: readonly (readonly [name: string, run: () => Promise<Outcome>])[] = [
    ["kills", () => soakKills(Number(values.kills), random)],
    ["power", () => soakPower(Number(values.power), random)],
    ["wills", soakWills],
    ["flood", () => soakFlood(connections, false)],
    ["flood, wide", () => soakFlood(connections, true)],
    ["fuzz", () => soakFuzz(Number(values["fuzz-minutes"]), random)],
    ["leaks", () => soakLeaks(Number(values["leak-minutes"]))],
  ];
  const chosen = new Set(values.only.split(","));
  console.log(`MILLRACE_SEED=${random.seed}`);
  let broken = 0;
  for (const [name, run] of parts)
    if (chosen.has(name.split(",")[0] ?? "")) broken += await report(name, run);
  console.log(broken === 0 ? "Every promise was kept." : `${broken} parts found broken promises.`);
  return broken === 0 ? 0 : 1;
}

/** One line of the table as soon as it is known; 1 when something is broken. */
async function report(name: string, run: () => Promise<Outcome>): Promise<0 | 1> {
  const startedAt = performance.now();
  const { figures, breaches } = await run().catch((error: unknown): Outcome => ({
    figures: "",
    breaches: [String(error)],
  }));
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0).padStart(5);
  console.log(`${name.padEnd(12)} ${breaches.length === 0 ? "kept  " : "BROKEN"} ${seconds} s  ${figures}`);
  for (const breach of breaches) console.log(`${" ".repeat(13)}${breach}`);
  return breaches.length === 0 ? 0 : 1;
}

process.exitCode = await main();
