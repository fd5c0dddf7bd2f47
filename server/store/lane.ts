import type { BatchResult, Outcome } from "./batch.ts";
import type { StoreFile } from "./database.ts";
import { bytesOf, type Operation } from "./operation.ts";
import { StoreError } from "./storeError.ts";

/** How one database file is doing. */
export interface FileHealth {
  readonly file: StoreFile;
  /** `disk-full` and `busy`: what was handed in is kept and tried again. `failed`: nothing more is written. */
  readonly state: "ok" | "disk-full" | "busy" | "failed";
  readonly message: string;
}

/** How much waits to be written. */
export interface Backlog {
  readonly operations: number;
  readonly bytes: number;
  /** 1 is the limit: the next commit may be refused. */
  readonly fill: number;
}

/** The queue of commits to one database file: one batch is under way while the next one collects. */
export interface Lane {
  /** A patient caller is taken however much waits: it brings no more until this is written. @default false */
  readonly commit: (operations: readonly Operation[], isPatient?: boolean) => Promise<boolean>;
  readonly receive: (result: BatchResult) => void;
  readonly fail: (message: string) => void;
  readonly health: () => FileHealth;
  readonly backlog: () => Backlog;
  /** The hub is about to end: what the disk does not take now is refused instead of tried again. */
  readonly lastChance: () => void;
  /** Resolves when all is written, or when it is clear that it cannot be. */
  readonly drain: () => Promise<void>;
}

export interface LaneOptions {
  readonly file: StoreFile;
  readonly send: (groups: readonly (readonly Operation[])[]) => void;
  readonly onHealth: (health: FileHealth) => void;
}

/** Limits of the writer (reference: reliability, sections 4.3 and 5). */
export const writerLimits = {
  batchOperations: 2_000,
  batchBytes: 1024 * 1024,
  queueOperations: 20_000,
  queueBytes: 32 * 1024 * 1024,
  retryMs: 1_000,
} as const;

interface Pending {
  readonly operations: readonly Operation[];
  readonly bytes: number;
  readonly resolve: (isWritten: boolean) => void;
  readonly reject: (error: StoreError) => void;
}

/** A lane that sends its batches through `send` and is told their results through `receive`. */
export function createLane({ file, send, onHealth }: LaneOptions): Lane {
  let waiting: Pending[] = [];
  let underWay: readonly Pending[] = [];
  let operations = 0;
  let bytes = 0;
  let health: FileHealth = { file, state: "ok", message: "" };
  let turn: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  let isLastChance = false;
  let onDrained: (() => void) | undefined;

  function commit(group: readonly Operation[], isPatient = false): Promise<boolean> {
    const size = group.reduce((sum, one) => sum + bytesOf(one), 0);
    const refusal = refusalOf(group.length, size, isPatient);
    if (refusal !== undefined) return Promise.reject(refusal);
    operations += group.length;
    bytes += size;
    // The end of the turn: all that this turn of the event loop brings shares one transaction.
    if (underWay.length === 0) turn ??= setImmediate(sendNext);
    return new Promise((resolve, reject) => {
      waiting.push({ operations: group, bytes: size, resolve, reject });
    });
  }

  function refusalOf(count: number, size: number, isPatient: boolean): StoreError | undefined {
    if (isClosed) return new StoreError("store.closed", "The store is closed; nothing was written.");
    if (health.state === "failed") return failure();
    if (isPatient) return undefined;
    if (operations + count <= writerLimits.queueOperations && bytes + size <= writerLimits.queueBytes) return;
    return new StoreError(
      "store.overloaded",
      `${operations} changes wait for the disk; this one was not taken. Try again later.`,
    );
  }

  function sendNext(): void {
    turn = undefined;
    if (underWay.length > 0 || waiting.length === 0) return;
    underWay = takeBatch(waiting);
    waiting = waiting.slice(underWay.length);
    send(underWay.map((pending) => pending.operations));
  }

  function receive(result: BatchResult): void {
    if (result.kind === "failed") return fail(result.message);
    if (result.kind !== "done") return tryAgain(result.kind, result.message);
    const written = underWay;
    underWay = [];
    for (const [index, pending] of written.entries()) {
      operations -= pending.operations.length;
      bytes -= pending.bytes;
      settle(pending, result.outcomes[index] ?? { message: "The writer gave no answer." });
    }
    report("ok", "");
    sendNext();
    if (underWay.length === 0) onDrained?.();
  }

  function tryAgain(state: "disk-full" | "busy", message: string): void {
    report(state, message);
    if (isLastChance)
      return rejectAll(new StoreError("store.disk-full", `Not written at the end: ${message}`));
    retry = setTimeout(sendAgain, writerLimits.retryMs);
  }

  function sendAgain(): void {
    clearTimeout(retry);
    retry = undefined;
    send(underWay.map((pending) => pending.operations));
  }

  function fail(message: string): void {
    if (health.state === "failed") return;
    report("failed", message);
    rejectAll(failure());
  }

  function failure(): StoreError {
    return new StoreError("store.failed", `The disk failed, nothing more is written: ${health.message}`);
  }

  function rejectAll(error: StoreError): void {
    const lost = [...underWay, ...waiting];
    underWay = [];
    waiting = [];
    operations = 0;
    bytes = 0;
    for (const pending of lost) pending.reject(error);
    onDrained?.();
  }

  function report(state: FileHealth["state"], message: string): void {
    if (health.state === state) return;
    health = { file, state, message };
    onHealth(health);
  }

  function lastChance(): void {
    isLastChance = true;
    // Now instead of at the next second.
    if (retry !== undefined) sendAgain();
  }

  function drain(): Promise<void> {
    isClosed = true;
    if (underWay.length === 0 && waiting.length === 0) return Promise.resolve();
    const isDrained = new Promise<void>((resolve) => {
      onDrained = resolve;
    });
    lastChance();
    return isDrained;
  }

  const fill = (): number =>
    Math.max(operations / writerLimits.queueOperations, bytes / writerLimits.queueBytes);

  return {
    commit,
    receive,
    fail,
    health: () => health,
    backlog: () => ({ operations, bytes, fill: fill() }),
    lastChance,
    drain,
  };
}

/** As many groups as one transaction may carry, at least one. */
function takeBatch(waiting: readonly Pending[]): readonly Pending[] {
  let operations = 0;
  let bytes = 0;
  let count = 0;
  for (const pending of waiting) {
    operations += pending.operations.length;
    bytes += pending.bytes;
    if (count > 0 && (operations > writerLimits.batchOperations || bytes > writerLimits.batchBytes)) break;
    count += 1;
  }
  return waiting.slice(0, count);
}

function settle(pending: Pending, outcome: Outcome): void {
  if (typeof outcome === "boolean") pending.resolve(outcome);
  else pending.reject(new StoreError("store.rejected", `The change was not written: ${outcome.message}`));
}
