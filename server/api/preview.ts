/**
 * A value as one short line, such as `21.5` or `{"state":"on"}`. It stops as soon as the line is full: a payload of a
 * megabyte costs no more than its beginning.
 */
export function preview(value: unknown, lengthMax: number): string {
  const line = typeof value === "string" ? value.slice(0, lengthMax + 1) : append("", value, lengthMax);
  return line.length > lengthMax ? `${line.slice(0, lengthMax)}…` : line;
}

/** The line with the value behind it; what is added to a full line is never seen. */
function append(line: string, value: unknown, lengthMax: number): string {
  if (typeof value === "string") return line + JSON.stringify(value.slice(0, lengthMax + 1));
  if (typeof value !== "object" || value === null) return line + (JSON.stringify(value) ?? "");
  const isList = Array.isArray(value);
  let grown = line + (isList ? "[" : "{");
  let separator = "";
  // Neither keys nor entries are listed first: that would copy a value of any size.
  for (const key in value) {
    if (grown.length > lengthMax) return grown;
    const item: unknown = Reflect.get(value, key);
    grown += separator + (isList ? "" : `${JSON.stringify(key.slice(0, lengthMax))}:`);
    grown = append(grown, item, lengthMax);
    separator = ",";
  }
  return grown + (isList ? "]" : "}");
}
