// Loaded into a broker before its own code (`--import`): answers on a local socket with its memory after a full garbage
// collection, and with the longest time its event loop stood still since the last question.
import net from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const RESOLUTION_MS = 1;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const server = net.createServer((socket) => {
    const longestBlockMs = delay.max / 1e6;
    // Twice: what the first one finalizes is freed by the second.
    globalThis.gc();
    globalThis.gc();
    const { rss, heapUsed, arrayBuffers, external } = process.memoryUsage();
    socket.end(JSON.stringify({ rss, heapUsed, arrayBuffers, external, longestBlockMs }));
    setImmediate(() => delay.reset());
  });
  server.listen(new URL(import.meta.url).searchParams.get("socket")).unref();
}
