import type { RawPayload } from "../logic/payload.ts";

/** The bytes that a device would send for a value: a text as it is, everything else as JSON. */
export function rawPayload(value: unknown): RawPayload {
  const text = payloadText(value);
  const bytes = utf8(text);
  return { size: bytes.length, bytes, text: () => text };
}

/** The text of a payload on the wire. */
export function payloadText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined ? "" : JSON.stringify(value);
}

/** UTF-8 without the host's TextEncoder, which the language of flows does not know. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.toWellFormed());
  const bytes: number[] = [];
  for (let index = 0; index < escaped.length; index++) {
    const isEscape = escaped[index] === "%";
    bytes.push(isEscape ? Number.parseInt(escaped.slice(index + 1, index + 3), 16) : escaped.charCodeAt(index));
    if (isEscape) index += 2;
  }
  return Uint8Array.from(bytes);
}
