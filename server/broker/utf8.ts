import type { FrameViolation } from "./frameViolation.ts";

/** What is wrong with a text; control characters weigh least, since a setting may allow them. */
export type TextViolation = Extract<FrameViolation, "not-utf8" | "null-character" | "control-character">;

const MALFORMED = -1;
/** The first code point that needs so many bytes; a smaller one is an overlong form. */
const FIRST_OF_LENGTH = [0, 0, 0x80, 0x800, 0x1_0000];

/** Checks the UTF-8 in `bytes[start, end)` without decoding it to a string; a byte order mark is a character [MQTT-1.5.3-3]. */
export function textViolation(bytes: Uint8Array, start: number, end: number): TextViolation | undefined {
  let found: TextViolation | undefined;
  for (let at = start; at < end;) {
    const code = codePointAt(bytes, at, end);
    if (code === MALFORMED) return "not-utf8"; // [MQTT-1.5.3-1]
    if (code === 0) found = "null-character"; // [MQTT-1.5.3-2]
    else if (isControl(code)) found ??= "control-character";
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return found;
}

function codePointAt(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return lead;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || at + length > end) return MALFORMED;
  let code = lead & (0x7f >> length);
  for (let next = at + 1; next < at + length; next++) {
    const byte = bytes[next] ?? 0;
    if ((byte & 0xc0) !== 0x80) return MALFORMED;
    code = (code << 6) | (byte & 0x3f);
  }
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return code < (FIRST_OF_LENGTH[length] ?? 0) || isSurrogate || code > 0x10_ffff ? MALFORMED : code;
}

/** Control characters and the code points that Unicode will never give to a character: both "SHOULD NOT" be sent. */
function isControl(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true;
  return (code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}
