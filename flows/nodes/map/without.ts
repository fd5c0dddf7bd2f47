/** A value without the field at a path; what is not on the way to it is shared, and what is not there stays so. */
export function without(value: unknown, [key, ...inner]: readonly string[]): unknown {
  if (key === undefined || typeof value !== "object" || value === null || !Object.hasOwn(value, key))
    return value;
  if (Array.isArray(value)) return withoutItem(value, Number(key), inner);
  const { [key]: found, ...rest } = value as Record<string, unknown>;
  return inner.length === 0 ? rest : { ...(value as object), [key]: without(found, inner) };
}

function withoutItem(list: readonly unknown[], index: number, inner: readonly string[]): unknown {
  return inner.length === 0 ? list.toSpliced(index, 1) : list.with(index, without(list[index], inner));
}
