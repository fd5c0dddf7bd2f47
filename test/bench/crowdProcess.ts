import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { CrowdOrder } from "./crowd.ts";

/** A process that holds idle connections. */
export interface Crowd {
  /** Resolves when so many more are connected (and subscribed). */
  open(order: CrowdOrder): Promise<void>;
  close(): Promise<void>;
}

/** Starts a crowd of nobody. */
export function startCrowd(): Crowd {
  const child = spawn(process.execPath, ["--import", "tsx", "test/bench/crowd.ts"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async open(order) {
      const isDone = Promise.race([once(lines, "line"), once(child, "exit").then(fail)]);
      child.stdin.write(`${JSON.stringify(order)}\n`);
      await isDone;
    },
    async close() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

function fail(): never {
  throw new Error("The crowd could not connect.");
}
