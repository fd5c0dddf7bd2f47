/** For `startHub`: the hub forgets to wait for its disk, to prove that a test would see it. */
export const relaxed: readonly string[] = ["--import", new URL("relaxedDisk.mjs", import.meta.url).href];
