import { readFileSync, watch, type FSWatcher } from "node:fs";
import { dirname } from "node:path";

/** How files are watched. */
export interface WatchOptions {
  /** Told once the files have a new content and have been quiet for `debounceMs`. */
  readonly onChange: () => void;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** @default 1000: certificate and key are replaced one after the other */
  readonly debounceMs?: number;
  /** @default 30000: for file systems that tell of no changes, such as network drives */
  readonly pollMs?: number;
}

const DEBOUNCE_MS = 1_000;
const POLL_MS = 30_000;

/** Watches the content of files, also when they are replaced, linked anew, or not there yet; returns its own end. */
export function watchFiles(paths: readonly string[], options: WatchOptions): () => void {
  const { onChange, schedule, debounceMs = DEBOUNCE_MS, pollMs = POLL_MS } = options;
  let known = contentsOf(paths);
  let cancelLook = () => {};
  let cancelPoll = () => {};

  function look(): void {
    const contents = contentsOf(paths);
    if (contents === known) return;
    known = contents;
    onChange();
  }

  function lookSoon(): void {
    cancelLook();
    cancelLook = schedule(look, debounceMs);
  }

  function poll(): void {
    if (contentsOf(paths) !== known) lookSoon();
    cancelPoll = schedule(poll, pollMs);
  }

  // The folders: a file that is replaced is another file, and its watcher would go with the old one.
  const watchers = [...new Set(paths.map((path) => dirname(path)))].flatMap((folder) =>
    watchFolder(folder, lookSoon),
  );
  cancelPoll = schedule(poll, pollMs);
  return () => {
    for (const watcher of watchers) watcher.close();
    cancelLook();
    cancelPoll();
  };
}

function watchFolder(folder: string, onEvent: () => void): FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    // The folder went away; polling finds the files when they are back.
    watcher.on("error", () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}

function contentsOf(paths: readonly string[]): string {
  return JSON.stringify(
    paths.map((path) => {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return null;
      }
    }),
  );
}
