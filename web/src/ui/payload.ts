/** A payload as one line of text: JSON without spaces, texts as they are. */
export function payloadLine(payload: unknown): string {
  if (payload === undefined || payload === "") return "(empty)";
  return typeof payload === "string" ? payload : JSON.stringify(payload);
}

/** A payload over several lines, for reading. */
export function payloadBlock(payload: unknown): string {
  if (payload === undefined || payload === "") return "(empty)";
  return typeof payload === "string" ? payload : JSON.stringify(payload, undefined, 2);
}

/** What a person typed, as a payload: JSON where it is JSON, otherwise the text itself. */
export function payloadOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
