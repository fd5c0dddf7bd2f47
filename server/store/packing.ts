import type { BatchOperation, Group } from "./batch.ts";
import type { Value } from "./operation.ts";

/**
 * The groups of a batch for the way to the writer thread. Why not as they are: each array, object and blob is copied
 * apart on that way, which costs five times as much as the few long lists here.
 */
export interface PackedGroups {
  /** How many operations each group has. */
  readonly groups: readonly number[];
  /** Of each operation: its statement, 1 for a guard, and how many values it has. */
  readonly operations: readonly number[];
  /** Of all operations, one after the other; 0 where a blob belongs. */
  readonly values: readonly Value[];
  /** Of each blob: the place of its value, and where it begins and ends in `bytes`. */
  readonly blobs: readonly number[];
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const NUMBERS_PER_ENTRY = 3;

/** Packs groups; blobs are copied, one that stands in several operations once. */
export function packGroups(groups: readonly Group[]): PackedGroups {
  const operations: number[] = [];
  const values: Value[] = [];
  const blobs: number[] = [];
  const starts = new Map<Uint8Array, number>();
  let length = 0;
  for (const [statement, isGuard, its] of groups.flat()) {
    operations.push(statement, isGuard ? 1 : 0, its.length);
    for (const value of its) {
      if (!(value instanceof Uint8Array)) {
        values.push(value);
        continue;
      }
      const start = starts.get(value) ?? length;
      if (start === length) {
        starts.set(value, start);
        length += value.length;
      }
      blobs.push(values.length, start, start + value.length);
      values.push(0);
    }
  }
  const bytes = new Uint8Array(length);
  for (const [blob, start] of starts) bytes.set(blob, start);
  return { groups: groups.map((group) => group.length), operations, values, blobs, bytes };
}

/** The groups as they were. */
export function unpackGroups({ groups, operations, values, blobs, bytes }: PackedGroups): readonly Group[] {
  const all: Value[] = [...values];
  for (let at = 0; at < blobs.length; at += NUMBERS_PER_ENTRY)
    all[blobs[at] ?? 0] = bytes.subarray(blobs[at + 1], blobs[at + 2]);
  let operation = 0;
  let value = 0;
  return groups.map((count) =>
    Array.from({ length: count }, (): BatchOperation => {
      const [statement = 0, isGuard, valueCount = 0] = operations.slice(
        operation,
        operation + NUMBERS_PER_ENTRY,
      );
      operation += NUMBERS_PER_ENTRY;
      value += valueCount;
      return [statement, isGuard === 1, all.slice(value - valueCount, value)];
    }),
  );
}
