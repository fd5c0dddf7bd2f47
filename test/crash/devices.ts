import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { DevicesOrder } from "./devices.child.ts";

/** Many connected devices, each with a Last Will on `gone/0`, `gone/1` ... */
export interface Devices {
  /** Kills the process that holds them: all connections end at once, without a word. */
  vanish(): Promise<void>;
}

const CHILD = fileURLToPath(new URL("devices.child.ts", import.meta.url));

/** Connects them in a process of their own. */
export async function connectDevices(order: DevicesOrder): Promise<Devices> {
  const args = ["--import", "tsx", CHILD, JSON.stringify(order)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const failed = ended.then(() => {
    throw new Error("The devices could not connect.");
  });
  await Promise.race([once(createInterface({ input: child.stdout }), "line"), failed]);
  failed.catch(() => {});
  return {
    async vanish() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await ended;
    },
  };
}
