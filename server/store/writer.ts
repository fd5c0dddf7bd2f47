import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { Group } from "./batch.ts";
import type { StoreFile } from "./database.ts";
import { createLane, type Backlog, type FileHealth, type Lane } from "./lane.ts";
import type { Operation } from "./operation.ts";
import { packGroups } from "./packing.ts";
import type { WriterAnswer, WriterData, WriterRequest } from "./writerProtocol.ts";

/** The only way to write: commits collect while the disk is busy and share one transaction. */
export interface Writer {
  /**
   * Resolves once the operations are on disk, in the order of the calls; all are written or none.
   * `false`: a guard found nothing to change, and nothing was written.
   */
  readonly commit: (
    file: StoreFile,
    operations: readonly Operation[],
    /** Takes the operations however much waits. @default false */
    isPatient?: boolean,
  ) => Promise<boolean>;
  readonly health: (file: StoreFile) => FileHealth;
  readonly onHealth: (listener: (health: FileHealth) => void) => () => void;
  readonly backlog: (file: StoreFile) => Backlog;
  /** Caps the size of a file; beyond it the disk counts as full. */
  readonly limitPages: (file: StoreFile, pages: number) => void;
  /** The hub is about to end: a full disk is asked once more, then it refuses instead of making everybody wait. */
  readonly lastChance: () => void;
  /** Writes what waits, then ends the thread. */
  readonly close: () => Promise<void>;
}

/** Starts the writer thread on files that exist and have been migrated. */
export function createWriter(paths: Readonly<Record<StoreFile, string>>): Writer {
  const listeners = new Set<(health: FileHealth) => void>();
  const data: WriterData = { paths };
  const worker = new Worker(threadUrl(), { workerData: data });
  const lanes: Readonly<Record<StoreFile, Lane>> = { hub: lane("hub"), history: lane("history") };
  let onClosed: (() => void) | undefined;
  let hasEnded = false;

  worker.on("message", (answer: WriterAnswer) => {
    if ("closed" in answer) onClosed?.();
    else lanes[answer.file].receive(answer.result);
  });
  worker.on("error", (error) => endAll(`the writer thread crashed: ${error.message}`));
  worker.on("exit", () => {
    hasEnded = true;
    endAll("the writer thread has ended");
  });

  function lane(file: StoreFile): Lane {
    const numbers = createNumbers();
    return createLane({
      file,
      send: (groups) => {
        const { texts, groups: encoded } = numbers.encode(groups);
        const packed = packGroups(encoded);
        post({ do: "batch", file, texts, packed }, [packed.bytes.buffer]);
      },
      onHealth: tell,
    });
  }

  function post(request: WriterRequest, moved: readonly ArrayBuffer[] = []): void {
    worker.postMessage(request, moved);
  }

  function tell(health: FileHealth): void {
    for (const listener of listeners) listener(health);
  }

  function endAll(message: string): void {
    if (onClosed === undefined) for (const each of Object.values(lanes)) each.fail(message);
    onClosed?.();
  }

  async function close(): Promise<void> {
    await Promise.all(Object.values(lanes).map((each) => each.drain()));
    if (hasEnded) return;
    await new Promise<void>((resolve) => {
      onClosed = resolve;
      post({ do: "close" });
    });
    await worker.terminate();
  }

  return {
    commit: (file, operations, isPatient) => lanes[file].commit(operations, isPatient),
    health: (file) => lanes[file].health(),
    onHealth: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    backlog: (file) => lanes[file].backlog(),
    limitPages: (file, pages) => post({ do: "limit-pages", file, pages }),
    lastChance: () => {
      for (const each of Object.values(lanes)) each.lastChance();
    },
    close,
  };
}

interface Numbers {
  readonly encode: (groups: readonly (readonly Operation[])[]) => {
    readonly texts: readonly (readonly [number, string])[];
    readonly groups: readonly Group[];
  };
}

/** Gives each statement text a number, so that the text crosses to the thread only once. */
function createNumbers(): Numbers {
  const numbers = new Map<string, number>();
  return {
    encode: (groups) => {
      const texts: [number, string][] = [];
      function numberOf(sql: string): number {
        const known = numbers.get(sql);
        if (known !== undefined) return known;
        const number = numbers.size;
        numbers.set(sql, number);
        texts.push([number, sql]);
        return number;
      }
      const encoded = groups.map((group) =>
        group.map(({ sql, isGuard, values }) => [numberOf(sql), isGuard, values] as const),
      );
      return { texts, groups: encoded };
    },
  };
}

/** The bundle holds the thread as `writer.js`, beside itself or one folder up; the sources start it through tsx. */
function threadUrl(): URL {
  if (import.meta.url.endsWith(".ts")) return new URL("writerThread.mjs", import.meta.url);
  const beside = new URL("writer.js", import.meta.url);
  return existsSync(beside) ? beside : new URL("../writer.js", import.meta.url);
}
