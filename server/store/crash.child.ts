// Run by crash.test.ts as a process of its own: commits without end and tells each commit that was promised.
import { writeSync } from "node:fs";
import { openStore } from "./store.ts";

const [folder = "", start = "0"] = process.argv.slice(2);
const STANDARD_OUTPUT = 1;
const AT_ONCE = 20;

const store = await openStore({ folder, now: () => 0 });
let next = Number(start);

async function commitNext(): Promise<void> {
  next += 1;
  const run = `r${next}`;
  const place = { flow: "f", node: "n", key: run };
  const effect = { id: run, kind: "http", target: "t", orderKey: null, body: {} } as const;
  await store.runtime.commit({
    states: [{ ...place, value: "1" }],
    timers: [{ ...place, timer: "t", dueAt: 1, armedAt: 0, cause: run, hops: 0, data: "x".repeat(200) }],
    outbox: [{ ...effect, flow: "f", node: "n", run, createdAt: 0 }],
  });
  // Straight to the pipe: what is written here was promised before the kill.
  writeSync(STANDARD_OUTPUT, `${run}\n`);
  void commitNext();
}

for (let index = 0; index < AT_ONCE; index += 1) void commitNext();
