import type { BatchResult } from "./batch.ts";
import type { StoreFile } from "./database.ts";
import type { PackedGroups } from "./packing.ts";

/** What the writer thread is started with. */
export interface WriterData {
  readonly paths: Readonly<Record<StoreFile, string>>;
}

/** What the hub asks of the writer thread. A statement's text travels once, then only its number. */
export type WriterRequest =
  | {
      readonly do: "batch";
      readonly file: StoreFile;
      readonly texts: readonly (readonly [statement: number, text: string])[];
      readonly packed: PackedGroups;
    }
  | { readonly do: "limit-pages"; readonly file: StoreFile; readonly pages: number }
  | { readonly do: "close" };

/** What the writer thread answers. */
export type WriterAnswer =
  | { readonly file: StoreFile; readonly result: BatchResult }
  | { readonly closed: true };
