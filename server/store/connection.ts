import type { Operation } from "./operation.ts";
import type { Reader } from "./reader.ts";

/** What a repository works with: reads of one file, and commits to the same file. */
export interface Connection {
  readonly reader: Reader;
  readonly commit: (operations: readonly Operation[]) => Promise<boolean>;
  /** For what the other side waits: it is taken however much waits already, because no more comes until it is written. */
  readonly commitPatiently: (operations: readonly Operation[]) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Wherever work can be split over several workers later; one until then. */
export const PARTITION = 0;
