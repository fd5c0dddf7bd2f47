import type { RawPayload } from "../logic/payload.ts";
import { payloadText } from "../payloadText.ts";

/** The bytes that a device would send for a value: a text as it is, everything else as JSON. */
export function rawPayload(value: unknown): RawPayload {
  const text = payloadText(value);
  const bytes = utf8(text);
  return { size: bytes.length, bytes, text: () => text };
}

/** UTF-8 without the host's TextEncoder, which the language of flows does not know. */
function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\uFFFD"));
  const bytes: number[] = [];
  for (let index = 0; index < escaped.length; index++) {
    const isEscape = escaped[index] === "%";
    bytes.push(
      isEscape ? Number.parseInt(escaped.slice(index + 1, index + 3), 16) : escaped.charCodeAt(index),
    );
    if (isEscape) index += 2;
  }
  return Uint8Array.from(bytes);
}
