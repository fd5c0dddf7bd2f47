import { toleratedText, uint16, type Frame, type TextRules } from "./frame.ts";
import type { FrameViolation } from "./frameViolation.ts";
import { textViolation } from "./utf8.ts";

const QOS_BITS = 0x06;
const SLASH = 0x2f;
const HASH = 0x23;
const PLUS = 0x2b;
const DELETE = 0x7f;

/** The rules of a PUBLISH body. This runs for every message: one look at each byte of the topic, and nothing is made. */
export function createPublishRule(rules: TextRules): (frame: Frame) => FrameViolation | undefined {
  const topicViolation = createTopicRule(rules);
  return ({ bytes, header, at, end }) => {
    const start = at + 2;
    const topicEnd = start + uint16(bytes, at);
    const hasId = (header & QOS_BITS) !== 0;
    if (start > end || topicEnd + (hasId ? 2 : 0) > end) return "body";
    return (
      topicViolation(bytes, start, topicEnd) ??
      (hasId && uint16(bytes, topicEnd) === 0 ? "packet-id" : undefined)
    );
  };
}

/** The rules of a topic name in `bytes[start, end)`: well-formed, then without wildcards, then within the limits. */
export function createTopicRule(rules: TextRules) {
  const { topicBytes, topicLevels } = rules;
  return (bytes: Uint8Array, start: number, end: number): FrameViolation | undefined => {
    let isPlain = true;
    let isWild = false;
    let levels = 1;
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0;
      // Most bytes are letters and digits, which stand behind the slash in ASCII.
      if (byte > SLASH && byte < DELETE) continue;
      if (byte === SLASH) levels++;
      else if (byte === HASH || byte === PLUS) isWild = true;
      else if (byte < 0x20 || byte >= DELETE) isPlain = false;
    }
    const unreadable = isPlain ? undefined : toleratedText(textViolation(bytes, start, end), rules);
    if (unreadable !== undefined) return unreadable;
    if (start === end) return "topic-empty"; // [MQTT-4.7.3-1]
    if (isWild) return "topic-wildcard"; // [MQTT-3.3.2-2]
    if (end - start > topicBytes) return "topic-length";
    return levels > topicLevels ? "topic-levels" : undefined;
  };
}
