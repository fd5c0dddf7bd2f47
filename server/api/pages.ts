import type { Page } from "./contract.ts";
import { pageLimits } from "./limits.ts";
import type { PageQuery } from "./parts.ts";
import { ApiProblem } from "./problem.ts";
import {
  exactly,
  integer,
  objectOf,
  optional,
  text,
  type OptionalSchema,
  type Properties,
  type Schema,
} from "./schema.ts";

/** The query of a list. */
export interface ListQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

const listProperties: Properties<ListQuery> = {
  cursor: optional(text(1_024, { description: "`next` of the page before." })),
  limit: optional({ ...integer, minimum: 1, maximum: pageLimits.max, description: "Items of one page." }),
};

/** The schema of a list's query, with filters of its own. */
export function listQuery(filters: Readonly<Record<string, OptionalSchema>> = {}): Schema {
  return exactly<ListQuery>({ ...listProperties, ...filters });
}

/** The schema of a page. */
export function pageSchema(item: Schema): Schema {
  return objectOf<Page<unknown>>({
    items: { type: "array", items: item },
    next: optional({ type: "string", description: "Pass it as `cursor` to get the next page." }),
  });
}

/** What a part is asked for when it pages by itself. */
export function pageQuery({ cursor, limit }: ListQuery): PageQuery {
  return { cursor, limit: limit ?? pageLimits.history };
}

/**
 * A page of a list that is in memory, by ascending keys. The cursor names the last key and not a position, so that
 * nothing is shown twice or left out when the list changes between two pages.
 */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { cursor, limit = pageLimits.list }: ListQuery,
): Page<Item> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  const rest = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => after === undefined || key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  const last = rest[limit - 1];
  return {
    items: rest.slice(0, limit).map(({ item }) => item),
    ...(rest.length > limit && last !== undefined && { next: encodeCursor(last.key) }),
  };
}

function encodeCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, "base64url").toString();
  if (encodeCursor(key) === cursor) return key;
  throw new ApiProblem("request.invalid", "The cursor is not one that this list gave.");
}
