// Preloaded into a hub: at SIGUSR2 it collects its garbage and appends what is left to HEAP_REPORT, one JSON line.
import { appendFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

const file = process.env.HEAP_REPORT;

if (isMainThread && file !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  process.on("SIGUSR2", () => {
    collect();
    collect();
    const { heapUsed } = process.memoryUsage();
    const handles = process.getActiveResourcesInfo().length;
    appendFileSync(file, `${JSON.stringify({ heapBytes: heapUsed, handles })}\n`);
  });
}
