import { forbiddenKeys, ruleLimits } from "./ruleLimits.ts";

/** What came of a JSON text: its value, or one sentence about why there is none. */
export type GuardedJson =
  | { readonly value: unknown; readonly droppedKeys: number; readonly malformed: boolean }
  | { readonly problem: string };

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN_LIST = 91;
const OPEN_OBJECT = 123;
const CLOSE_LIST = 93;
const CLOSE_OBJECT = 125;

/** Keys, or escapes that could spell them, and escaped halves of a surrogate pair: all rare, so worth a look first. */
const suspicious = /__proto__|constructor|prototype|\\u/;
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Parses JSON that anyone may have sent: depth and number of keys are checked before the parser sees it, keys that
 * could reach a prototype are dropped. `malformed`: a text in it holds half a surrogate pair, so it is not Unicode.
 */
export function parseGuarded(text: string): GuardedJson {
  const excess = mayExceed(text) ? excessOf(text) : undefined;
  if (excess !== undefined) return { problem: excess };
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (error) {
    return { problem: `is not valid JSON: ${error instanceof Error ? error.message : "it cannot be read"}` };
  }
  if (!suspicious.test(text)) return { value, droppedKeys: 0, malformed: false };
  const found = { droppedKeys: 0, malformed: false };
  return { value: cleaned(value, found), ...found };
}

/** A message has few brackets, and finding them is ten times cheaper than the scan that counts depth. */
function mayExceed(text: string): boolean {
  const openersMax = ruleLimits.payloadDepth;
  // A key takes four characters at least: two quotes, a colon, a value.
  return (
    text.length > ruleLimits.payloadKeys * 4 ||
    countUpTo(text, "{", openersMax) + countUpTo(text, "[", openersMax) > openersMax
  );
}

function countUpTo(text: string, wanted: string, most: number): number {
  let count = 0;
  for (let at = text.indexOf(wanted); at >= 0 && count <= most; at = text.indexOf(wanted, at + 1)) count += 1;
  return count;
}

function excessOf(text: string): string | undefined {
  let depth = 0;
  let keys = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) i = endOfText(text, i);
    else if (code === COLON) keys += 1;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      depth += 1;
      if (depth > ruleLimits.payloadDepth) return `is nested deeper than ${ruleLimits.payloadDepth} levels`;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth -= 1;
  }
  return keys > ruleLimits.payloadKeys ? `has more than ${ruleLimits.payloadKeys} keys` : undefined;
}

/** The place of the closing quote; a text without one ends the scan, and the parser then refuses it. */
function endOfText(text: string, open: number): number {
  let i = open + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i += 1;
    else if (code === QUOTE) break;
  }
  return i;
}

interface Findings {
  droppedKeys: number;
  malformed: boolean;
}

function cleaned(value: unknown, found: Findings): unknown {
  if (typeof value === "string") {
    if (loneSurrogate.test(value)) found.malformed = true;
    return value;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => cleaned(item, found));
  const kept: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (loneSurrogate.test(key)) found.malformed = true;
    if (forbiddenKeys.has(key)) found.droppedKeys += 1;
    else kept[key] = cleaned(item, found);
  }
  return kept;
}
