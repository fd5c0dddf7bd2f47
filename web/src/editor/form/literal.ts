/** What a person typed as a value: numbers, true, false, null and quoted texts are JSON, everything else is text. */
export function parseLiteral(text: string): unknown {
  const trimmed = text.trim();
  if (!/^(-?\d|"|true$|false$|null$)/.test(trimmed)) return text;
  try {
    const value: unknown = JSON.parse(trimmed);
    return typeof value === "object" && value !== null ? text : value;
  } catch {
    return text;
  }
}

/** The text that reads back as the value. */
export function formatLiteral(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value) ?? "";
  return parseLiteral(value) === value ? value : JSON.stringify(value);
}

/** A list of values, separated by commas. */
export function parseList(text: string): readonly unknown[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "")
    .map(parseLiteral);
}
