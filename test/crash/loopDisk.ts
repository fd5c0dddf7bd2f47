import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file that a hub sees as a disk of its own, with ext4 on it. */
export interface LoopDisk {
  /** For `startHub`: mounts it over the data folder, for this process alone, so that nothing stays behind. */
  readonly through: readonly string[];
  /** What the disk has been given so far, as another disk: what still waits in the memory of the system is lost. */
  cut(): LoopDisk;
  remove(): void;
}

const SIZE_MIB = 64;
/** The namespace takes the mount along at its end, and the mount takes the loop device. */
const MOUNT = 'mount -o loop "$DISK" "$0" && chmod 700 "$0" && exec "$@"';

/** Makes a disk; `undefined` where that is not allowed. */
export function createLoopDisk(): LoopDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), "millrace-disk-"));
  const disk = diskOf(folder, join(folder, "disk.img"));
  const isMade =
    run("truncate", "-s", `${SIZE_MIB}M`, imageOf(disk)) && run("mkfs.ext4", "-q", "-F", imageOf(disk));
  const [program = "", ...rest] = disk.through;
  if (isMade && run(program, ...rest, folder, "true")) return disk;
  disk.remove();
  return undefined;
}

function diskOf(folder: string, image: string): LoopDisk {
  return {
    through: ["env", `DISK=${image}`, "unshare", "--mount", "sh", "-c", MOUNT],
    cut() {
      const other = mkdtempSync(join(tmpdir(), "millrace-disk-"));
      const copy = join(other, "disk.img");
      if (!run("cp", "--sparse=always", image, copy)) throw new Error("The disk could not be copied.");
      return diskOf(other, copy);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function imageOf({ through }: LoopDisk): string {
  return through[1]!.slice("DISK=".length);
}

function run(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
