import type { Operation } from "./operation.ts";
import type { Reader } from "./reader.ts";

/** What a repository works with: reads of one file, and commits to the same file. */
export interface Connection {
  readonly reader: Reader;
  readonly commit: (operations: readonly Operation[]) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Wherever work can be split over several workers later; one until then. */
export const PARTITION = 0;
