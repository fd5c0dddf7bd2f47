import { runKillRounds } from "../crash/killRounds.ts";
import { createLoopDisk } from "../crash/loopDisk.ts";
import { losePower } from "../crash/powerLoss.ts";
import type { Random } from "../crash/random.ts";
import type { Outcome } from "./outcome.ts";

/** As much as two rounds leave room for in the queue of one session. */
const LOAD = { publishers: 4, windowMessages: 25, messages: 115 };

/** G1: kills the hub under load, again and again. */
export async function soakKills(rounds: number, { seed }: Random): Promise<Outcome> {
  const { breaches, acked, readyMs } = await runKillRounds({ ...LOAD, rounds, seed });
  const sorted = readyMs.toSorted((a, b) => a - b).map(Math.round);
  return {
    figures: `${rounds} kills, ${acked} acknowledged, ready after ${sorted[0]} to ${sorted.at(-1)} ms`,
    breaches,
  };
}

/** G2: takes the power away under load, again and again; at the end from a hub that must lose. */
export async function soakPower(rounds: number, random: Random): Promise<Outcome> {
  const breaches: string[] = [];
  let acked = 0;
  for (let round = 0; round < rounds; round++) {
    const loss = await losePowerOnce(random, true);
    acked += loss.acked;
    breaches.push(...loss.breaches);
    if (loss.integrity !== "ok") breaches.push(`The database says: ${loss.integrity}`);
  }
  const control = await losePowerOnce(random, false);
  if (control.breaches.length === 0)
    breaches.push("A hub that does not wait for its disk lost nothing, so the rounds prove nothing.");
  return {
    figures: `${rounds} power losses, ${acked} acknowledged; the control lost: ${control.breaches.join(" ")}`,
    breaches,
  };
}

async function losePowerOnce(random: Random, isStrict: boolean) {
  const disk = createLoopDisk();
  if (disk === undefined) throw new Error("No disk can be made here: this needs root and loop devices.");
  try {
    return await losePower({ ...LOAD, disk, random, isStrict });
  } finally {
    disk.remove();
  }
}
