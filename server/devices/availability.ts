import type { AvailabilityValue } from "./presenceTypes.ts";

/** Longer payloads are no word of availability. */
const WORD_BYTES_MAX = 256;

const WORDS: ReadonlyMap<string, AvailabilityValue> = new Map([
  ["online", "online"],
  ["true", "online"],
  ["1", "online"],
  ["on", "online"],
  ["connected", "online"],
  ["available", "online"],
  ["ready", "online"],
  ["init", "online"],
  ["alert", "online"],
  ["offline", "offline"],
  ["false", "offline"],
  ["0", "offline"],
  ["off", "offline"],
  ["disconnected", "offline"],
  ["unavailable", "offline"],
  ["lost", "offline"],
  ["sleeping", "sleeping"],
  ["", "withdrawn"],
]);

/**
 * Reads a word of availability: as text, as a JSON string, or as `{"state": ...}`, in any case. `undefined` when the
 * payload is none, such as the numbers a device of another kind puts on a topic that ends alike.
 */
export function readAvailability(payload: Uint8Array): AvailabilityValue | undefined {
  if (payload.length > WORD_BYTES_MAX) return undefined;
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8").trim();
  const word = text.startsWith("{") || text.startsWith('"') ? wordIn(text) : text;
  return word === undefined ? undefined : WORDS.get(word.toLowerCase());
}

/** Last level of topics on which devices commonly tell their availability. */
const SUFFIXES: ReadonlySet<string> = new Set(["lwt", "status", "availability", "online", "$state"]);

/**
 * Availability on a topic of no known family. It is believed when it was set as a will, or when it is exactly what
 * ESPHome keeps on `PREFIX/status`; anything else is only proposed.
 */
export function genericAvailability(message: {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
  readonly will: boolean;
}): { readonly prefix: string; readonly value: AvailabilityValue; readonly sure: boolean } | undefined {
  const slash = message.topic.lastIndexOf("/");
  if (slash <= 0 || message.topic.startsWith("$")) return undefined;
  const suffix = message.topic.slice(slash + 1);
  if (!SUFFIXES.has(suffix.toLowerCase())) return undefined;
  const value = readAvailability(message.payload);
  if (value === undefined || value === "withdrawn") return undefined;
  const isEspHome = message.retain && suffix === "status" && isPlainWord(message.payload);
  return { prefix: message.topic.slice(0, slash), value, sure: message.will || isEspHome };
}

function isPlainWord(payload: Uint8Array): boolean {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("latin1");
  return text === "online" || text === "offline";
}

function wordIn(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "string") return value;
    if (typeof value !== "object" || value === null) return undefined;
    if ("state" in value && typeof value.state === "string") return value.state;
    // Sparkplug 3: {"online": true, "timestamp": ...}
    return "online" in value && typeof value.online === "boolean" ? String(value.online) : undefined;
  } catch {
    return undefined;
  }
}
