import { skipPacketId, skipText, type Frame, type TextRules } from "./frame.ts";
import type { FrameViolation } from "./frameViolation.ts";

const SLASH = 0x2f;
const HASH = 0x23;
const PLUS = 0x2b;
const QOS_MAX = 2;

/** The rules of a SUBSCRIBE body: filters, each with a QoS. */
export function subscribeViolation(frame: Frame, rules: TextRules): FrameViolation | undefined {
  return listViolation(frame, () => {
    const violation = filterViolation(frame, rules);
    if (violation !== undefined) return violation;
    if (frame.at === frame.end) return "body";
    return (frame.bytes[frame.at++] ?? 0) > QOS_MAX ? "filter-qos" : undefined; // [MQTT-3.8.3-4]
  });
}

/** The rules of an UNSUBSCRIBE body: filters alone. */
export function unsubscribeViolation(frame: Frame, rules: TextRules): FrameViolation | undefined {
  return listViolation(frame, () => filterViolation(frame, rules));
}

function listViolation(
  frame: Frame,
  nextViolation: () => FrameViolation | undefined,
): FrameViolation | undefined {
  let violation = skipPacketId(frame);
  if (violation === undefined && frame.at === frame.end) return "no-filter"; // [MQTT-3.8.3-3] [MQTT-3.10.3-2]
  while (violation === undefined && frame.at < frame.end) violation = nextViolation();
  return violation;
}

function filterViolation(frame: Frame, rules: TextRules): FrameViolation | undefined {
  const start = frame.at + 2;
  return skipText(frame, rules) ?? wildcardViolation(frame.bytes, start, frame.at);
}

/** A wildcard fills its level [MQTT-4.7.1-3], and `#` the last one [MQTT-4.7.1-2]; a filter has a character. */
function wildcardViolation(bytes: Uint8Array, start: number, end: number): FrameViolation | undefined {
  if (start === end) return "filter"; // [MQTT-4.7.3-1]
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte !== HASH && byte !== PLUS) continue;
    const opensLevel = at === start || bytes[at - 1] === SLASH;
    const closesLevel = at + 1 === end || (byte === PLUS && bytes[at + 1] === SLASH);
    if (!opensLevel || !closesLevel) return "filter";
  }
  return undefined;
}
