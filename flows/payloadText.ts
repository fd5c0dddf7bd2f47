/** The text of a payload on the wire: a text as it is, nothing as nothing, everything else as JSON. */
export function payloadText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value);
}
