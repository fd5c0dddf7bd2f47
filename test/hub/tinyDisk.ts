import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { HubProcess } from "./hubProcess.ts";

/** A way to start a hub on a data folder that is a small disk of its own; it is gone with the process. */
export interface TinyDisk {
  /** For `startHub`. */
  readonly through: readonly string[];
  /** Leaves no room for another byte. */
  fill(hub: HubProcess): void;
  /** Makes room again. */
  clear(hub: HubProcess): void;
}

/** Largest piece first: the last byte of room must go too. */
const PIECES_BYTES = [256 * 1024, 4_096, 1];
const MOUNT = 'mount -t tmpfs -o size=$SIZE,mode=0700 tmpfs "$0" && exec "$@"';

/**
 * A tmpfs in a mount namespace, which needs no root where the system gives user namespaces away, and leaves nothing
 * behind. `undefined` where neither way is open.
 */
export function tinyDisk(sizeMib: number): TinyDisk | undefined {
  const ways = [
    ["unshare", "--user", "--map-root-user", "--mount"],
    ["unshare", "--mount"],
  ];
  const script = MOUNT.replace("$SIZE", `${sizeMib}m`);
  const way = ways.find(([program = "", ...args]) => {
    const tried = spawnSync(program, [...args, "sh", "-c", script, "/mnt", "true"], { stdio: "ignore" });
    return tried.status === 0;
  });
  return way && { through: [...way, "sh", "-c", script], fill, clear };
}

function fill(hub: HubProcess): void {
  const file = openSync(fillerOf(hub), "a");
  for (const bytes of PIECES_BYTES) while (hasRoomFor(file, bytes));
  closeSync(file);
}

function hasRoomFor(file: number, bytes: number): boolean {
  try {
    return writeSync(file, new Uint8Array(bytes)) === bytes;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}

function clear(hub: HubProcess): void {
  rmSync(fillerOf(hub));
}

/** The disk as the hub sees it; from here the mount is not visible. */
function fillerOf({ pid, folder }: HubProcess): string {
  return join(`/proc/${pid}/root`, folder, "filler");
}
