import type { FrameViolation } from "./frameViolation.ts";
import { textViolation } from "./utf8.ts";

/** One whole packet. A rule moves `at` over the fields it has read; the object is used again for the next packet. */
export interface Frame {
  bytes: Uint8Array;
  /** Its first byte: type and flags. */
  header: number;
  /** The next byte of the body. */
  at: number;
  /** Behind its last byte. */
  end: number;
}

/** What the texts in packets have to keep. */
export interface TextRules {
  readonly topicBytes: number;
  readonly topicLevels: number;
  /** Refuse control characters and Unicode non-characters, as the standard advises. */
  readonly refusesControlCharacters: boolean;
}

/** Steps over a field with a length in front; its bytes may be anything. */
export function skipField(frame: Frame): FrameViolation | undefined {
  const { bytes, at, end } = frame;
  const next = at + 2 + uint16(bytes, at);
  if (at + 2 > end || next > end) return "body";
  frame.at = next;
  return undefined;
}

/** Steps over a text with a length in front. */
export function skipText(frame: Frame, rules: TextRules): FrameViolation | undefined {
  const start = frame.at + 2;
  return skipField(frame) ?? toleratedText(textViolation(frame.bytes, start, frame.at), rules);
}

/** What remains wrong with a text once the settings are asked. */
export function toleratedText(
  found: ReturnType<typeof textViolation>,
  { refusesControlCharacters }: TextRules,
): FrameViolation | undefined {
  return found === "control-character" && !refusesControlCharacters ? undefined : found;
}

/** Steps over a packet id, which is never 0 [MQTT-2.3.1-1]. */
export function skipPacketId(frame: Frame): FrameViolation | undefined {
  const { bytes, at, end } = frame;
  if (at + 2 > end) return "body";
  frame.at = at + 2;
  return uint16(bytes, at) === 0 ? "packet-id" : undefined;
}

/** The number in two bytes; what lies behind the last byte reads as 0. */
export function uint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
