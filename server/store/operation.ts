/** What a column can hold. */
export type Value = string | number | bigint | null | Uint8Array;

/** One statement with its values; the writer prepares each text once. */
export interface Operation {
  readonly sql: string;
  readonly values: readonly Value[];
  /** A guard that changes no row undoes its whole group, and the commit resolves with `false`. */
  readonly isGuard: boolean;
}

/** A statement to run inside a commit. */
export function operation(sql: string, ...values: readonly Value[]): Operation {
  return { sql, values, isGuard: false };
}

/** A statement that must change at least one row: the compare of a compare-and-set. */
export function guard(sql: string, ...values: readonly Value[]): Operation {
  return { sql, values, isGuard: true };
}

const PER_VALUE_BYTES = 8;

/** About how much memory an operation holds while it waits. */
export function bytesOf({ values }: Operation): number {
  let bytes = 0;
  for (const value of values) {
    bytes += PER_VALUE_BYTES;
    if (typeof value === "string") bytes += Buffer.byteLength(value);
    else if (value instanceof Uint8Array) bytes += value.byteLength;
  }
  return bytes;
}
