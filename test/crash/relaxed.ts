const PRELOAD = new URL("relaxedDisk.mjs", import.meta.url).href;

/** For `startHub`: the hub forgets to wait for its disk, to prove that a test would see it. */
export function throughRelaxed(through: readonly string[] = ["sh", "-c", 'exec "$@"']): readonly string[] {
  return ["env", `NODE_OPTIONS=--import=${PRELOAD}`, ...through];
}
