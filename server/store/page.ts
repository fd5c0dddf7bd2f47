/** A part of a list; the cursor fetches the next part. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** Where a list goes on, and how much of it. */
export interface PageRequest {
  readonly cursor?: string | null | undefined;
  readonly limit?: number | undefined;
}

/** Items per page. */
const pageLimits = { default: 50, max: 500 } as const;

/** The bounds of a query that runs from the newest row down: `seq < before`, one row more than asked for. */
export function boundsOf(request: PageRequest): { readonly before: number; readonly limit: number } {
  const before = Number.parseInt(request.cursor ?? "", 10);
  return {
    before: Number.isSafeInteger(before) ? before : Number.MAX_SAFE_INTEGER,
    limit: Math.min(Math.max(1, Math.trunc(request.limit ?? pageLimits.default)), pageLimits.max),
  };
}

/** Turns one row more than asked for into a page. */
export function pageOf<Row extends { readonly seq: number }, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? String(last.seq) : null,
  };
}
