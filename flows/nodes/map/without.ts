import { isRecord } from "../isRecord.ts";

/** A value without the field at a path; what is not on the way to it is shared, and what is not there stays so. */
export function without(value: unknown, [key, ...inner]: readonly string[]): unknown {
  if (key === undefined) return value;
  if (Array.isArray(value)) return withoutItem(value, Number(key), inner);
  if (!isRecord(value) || !Object.hasOwn(value, key)) return value;
  const { [key]: found, ...rest } = value;
  return inner.length === 0 ? rest : { ...value, [key]: without(found, inner) };
}

function withoutItem(list: readonly unknown[], index: number, inner: readonly string[]): unknown {
  if (!Number.isInteger(index) || index < 0 || index >= list.length) return list;
  return inner.length === 0 ? list.toSpliced(index, 1) : list.with(index, without(list[index], inner));
}
