import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A look at the system calls of a running hub by which it waits for its disk. */
export interface SyncTrace {
  /** Calls that have succeeded so far; a call is counted before the hub goes on. */
  count(): number;
  end(): Promise<void>;
}

const ATTACH_MAX_MS = 5_000;
const DONE = /\bf(?:data)?sync\b.*= 0$/gm;

/** True where strace is there and allowed. */
export const hasStrace = spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status === 0;

/** Follows all threads of a process; with `failing`, such as `20..25`, these calls fail as on a broken disk. */
export async function traceSyncs(pid: number, failing?: string): Promise<SyncTrace> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-strace-"));
  const file = join(folder, "calls");
  const calls = "fsync,fdatasync";
  const inject = failing === undefined ? [] : ["-e", `inject=${calls}:error=EIO:when=${failing}`];
  const args = ["-f", "-e", `trace=${calls}`, ...inject, "-o", file, "-p", String(pid)];
  const child = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit");
  const signal = AbortSignal.timeout(ATTACH_MAX_MS);
  await once(createInterface({ input: child.stderr }), "line", { signal });
  return {
    count: () => readFileSync(file, "utf8").match(DONE)?.length ?? 0,
    async end() {
      child.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
