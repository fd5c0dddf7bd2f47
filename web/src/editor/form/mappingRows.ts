/** One entry of a mapping; `value` is what a value field stores: a rule, a template or a constant. */
export interface MappingRow {
  readonly key: string;
  readonly value: unknown;
}

/** The rows of a mapping, rules taken out of their `$rule`; nested objects stand as constants. */
export function readMapping(stored: unknown): readonly MappingRow[] {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return [];
  return Object.entries(stored).map(([key, leaf]) => ({
    key,
    value: isMarkedRule(leaf) ? leaf.$rule : leaf,
  }));
}

/** The mapping to store: an object with exactly one key is a rule and is marked as one. */
export function writeMapping(rows: readonly MappingRow[]): Readonly<Record<string, unknown>> | undefined {
  const entries = rows.filter(({ key }) => key !== "").map(({ key, value }) => [key, leafOf(value)] as const);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function leafOf(value: unknown): unknown {
  if (value === undefined) return null;
  const isRule =
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 1;
  return isRule && !isMarkedRule(value) ? { $rule: value } : value;
}

function isMarkedRule(value: unknown): value is { readonly $rule: unknown } {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "$rule");
}
