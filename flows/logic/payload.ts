import type { ErrorCode } from "../errors.ts";
import type { BinaryPayload } from "../message.ts";
import { quoted } from "../problem.ts";
import { base64Of } from "./base64.ts";
import { parseGuarded } from "./guardedJson.ts";
import { toNumber } from "./number.ts";
import { ruleLimits } from "./ruleLimits.ts";

/** How a trigger reads the bytes it gets. */
export type DecodeMode = "auto" | "json" | "text" | "number" | "binary";

/** A payload as it came; the host brings the decoder of UTF-8. */
export interface RawPayload {
  readonly size: number;
  readonly bytes: Uint8Array;
  /** The text without its byte order mark, or `undefined` when the bytes are no valid UTF-8. */
  text(): string | undefined;
}

/** What the bytes mean, or why they cannot be read that way. */
export type Decoded =
  | {
      readonly ok: true;
      /** `undefined` when there is no value: an empty payload, `nan`, `null`, `unavailable`. */
      readonly value: unknown;
      /** A whole number beyond 2^53 as it was written, because the value has lost digits. */
      readonly exact?: string;
      /** Keys that could reach a prototype and were dropped. */
      readonly droppedKeys?: number;
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string };

const missing: Decoded = Object.freeze({ ok: true, value: undefined });
/** What devices write when they have no reading. */
const missingWords: ReadonlySet<string> = new Set(["nan", "null", "unavailable", "unknown", "none"]);
/** Longest word above, and longest boolean: a longer text needs no look-up. */
const WORD_LENGTH_MAX = 11;

/**
 * Decodes a payload. `auto` takes anything and is right for nearly every device; only what begins like a JSON object
 * or list and is none fails, because half a message must not pass for a text.
 */
export function decodePayload(raw: RawPayload, mode: DecodeMode): Decoded {
  if (raw.size === 0) return missing;
  if (raw.size > ruleLimits.payloadBytes) {
    return refused(`has ${raw.size} bytes; at most ${ruleLimits.payloadBytes} can be decoded`);
  }
  if (mode === "binary") return binary(raw);
  const text = raw.text();
  if (text === undefined) return mode === "auto" ? binary(raw) : refused("is not valid UTF-8 text");
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  switch (mode) {
    case "text":
      return { ok: true, value: plain };
    case "json":
      return decodeJson(raw, plain);
    case "number":
      return decodeNumber(plain);
    case "auto":
      return decodeAuto(raw, plain);
  }
}

function decodeAuto(raw: RawPayload, text: string): Decoded {
  const trimmed = text.trim();
  if (trimmed === "") return missing;
  if (trimmed.startsWith("{") || trimmed.startsWith("[")) return decodeJson(raw, trimmed);
  const decoded = trimmed.startsWith('"')
    ? decodeJson(raw, trimmed)
    : (decodedNumber(trimmed) ?? decodeWord(trimmed));
  return decoded?.ok === true ? decoded : { ok: true, value: text };
}

function decodeJson(raw: RawPayload, text: string): Decoded {
  const parsed = parseGuarded(text);
  if ("problem" in parsed) return refused(parsed.problem);
  if (parsed.malformed) return binary(raw);
  if (parsed.value === null) return missing;
  const exact = typeof parsed.value === "number" ? exactOf(parsed.value, text.trim()) : {};
  const dropped = parsed.droppedKeys > 0 ? { droppedKeys: parsed.droppedKeys } : {};
  return { ok: true, value: parsed.value, ...exact, ...dropped };
}

function decodeNumber(text: string): Decoded {
  const trimmed = text.trim();
  if (trimmed === "" || missingWords.has(trimmed.toLowerCase())) return missing;
  return decodedNumber(trimmed) ?? refused(`${quoted(trimmed)} is not a number`);
}

function decodedNumber(text: string): Decoded | undefined {
  const number = toNumber(text);
  return number === undefined ? undefined : { ok: true, value: number, ...exactOf(number, text) };
}

function decodeWord(text: string): Decoded | undefined {
  if (text.length > WORD_LENGTH_MAX) return undefined;
  const word = text.toLowerCase();
  if (word === "true" || word === "false") return { ok: true, value: word === "true" };
  return missingWords.has(word) ? missing : undefined;
}

function exactOf(number: number, text: string): { readonly exact?: string } {
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? { exact: text } : {};
}

function binary(raw: RawPayload): Decoded {
  const value: BinaryPayload = { binary: true, size: raw.size, base64: base64Of(raw.bytes) };
  return { ok: true, value };
}

function refused(reason: string): Decoded {
  return { ok: false, code: "payload.not-decodable", message: `The payload ${reason}.` };
}
