import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createTestFolder } from "./testing.ts";

const ROUNDS = 3;
const PROMISES_PER_ROUND = 2_000;

/** Lets a process commit, kills it in the middle, and gives back what had been promised by then. */
async function killedCommitting(folder: string, start: number): Promise<readonly string[]> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("crash.child.ts", import.meta.url)), folder, String(start)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  let lines = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    lines += text.split("\n").length - 1;
    if (lines >= PROMISES_PER_ROUND) child.kill("SIGKILL");
  });
  await once(child, "close");
  return output.split("\n").slice(0, -1);
}

it(
  "keeps all it promised over kill -9 in the middle of commits, and each run whole",
  { timeout: 60_000 },
  async () => {
    const place = createTestFolder();
    const promised = new Set<string>();
    for (let round = 0; round < ROUNDS; round += 1)
      for (const run of await killedCommitting(place.folder, round * 1_000_000)) promised.add(run);

    const store = await place.open();
    const { states, timers } = store.runtime.load("f");
    const effects = store.outbox.due(1, 1_000_000).map(({ id }) => id);
    const kept = new Set(states.map(({ key }) => key));
    expect(promised.size).toBeGreaterThanOrEqual(ROUNDS * PROMISES_PER_ROUND);
    expect([...promised].filter((run) => !kept.has(run))).toEqual([]);
    expect(new Set(timers.map(({ key }) => key))).toEqual(kept);
    expect(new Set(effects)).toEqual(kept);
    const { made, pending } = store.outbox.counts();
    expect([made, pending]).toEqual([kept.size, kept.size]);
    await store.close();
    place.remove();
  },
);
