import { skipField, skipText, type Frame, type TextRules } from "./frame.ts";
import type { FrameViolation } from "./frameViolation.ts";
import { createTopicRule } from "./publishRules.ts";

const RESERVED = 0x01;
const WILL = 0x04;
const WILL_QOS = 0x18;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USER_NAME = 0x80;
/** Level, flags and two bytes of keep-alive. */
const FIXED_BYTES = 4;
/** MQTT 3.1. */
const OLD_LEVEL = 3;
/** MQTT 3.1.1 and MQTT 3.1, with the level that belongs to each name. */
const LEVELS = new Map([
  ["MQTT", 4],
  ["MQIsdp", OLD_LEVEL],
]);

/** The rules of a CONNECT body. */
export function createConnectRule(rules: TextRules): (frame: Frame) => FrameViolation | undefined {
  const topicViolation = createTopicRule(rules);

  function willViolation(frame: Frame): FrameViolation | undefined {
    const start = frame.at + 2;
    const violation = skipField(frame) ?? topicViolation(frame.bytes, start, frame.at);
    // A will topic beyond our limits is told to the client with a CONNACK, as is one that its rules forbid.
    const isOfOurs = violation === "topic-length" || violation === "topic-levels";
    return (isOfOurs ? undefined : violation) ?? skipField(frame);
  }

  return (frame) => {
    // Before anything else: another level has another body, and deserves an answer instead of a bare end.
    const foreign = protocolViolation(frame);
    if (foreign !== undefined) return foreign;
    if (frame.at + FIXED_BYTES > frame.end) return "body";
    if (frame.bytes[frame.at] === OLD_LEVEL) forgetUnusedBit(frame.bytes, frame.at + 1);
    const flags = frame.bytes[frame.at + 1] ?? 0;
    frame.at += FIXED_BYTES;
    if (!isConsistent(flags)) return "connect-flags";
    return (
      skipText(frame, rules) ??
      ((flags & WILL) !== 0 ? willViolation(frame) : undefined) ??
      ((flags & USER_NAME) !== 0 ? skipText(frame, rules) : undefined) ??
      ((flags & PASSWORD) !== 0 ? skipField(frame) : undefined) ??
      (frame.at === frame.end ? undefined : "body")
    );
  };
}

/** True for a CONNECT of MQTT 3.1, given as a whole packet that keeps the rules. */
export function isOldProtocol({ bytes }: Frame, bodyAt: number): boolean {
  return bytes[bodyAt + 1] === "MQIsdp".length;
}

function protocolViolation(frame: Frame): FrameViolation | undefined {
  const start = frame.at + 2;
  const cut = skipField(frame);
  if (cut !== undefined) return cut;
  const level = LEVELS.get(
    String.fromCharCode(...frame.bytes.subarray(start, Math.min(frame.at, start + 8))),
  );
  if (level === undefined) return "protocol-name"; // [MQTT-3.1.2-1]
  if (frame.at === frame.end) return "body";
  // A bridge of mosquitto first tries a level of its own (0x84), and comes back with 4 when it gets this answer.
  return frame.bytes[frame.at] === level ? undefined : "protocol-version"; // [MQTT-3.1.2-2]
}

/** MQTT 3.1 only calls the bit unused, and some clients set it; the parser would refuse it. */
function forgetUnusedBit(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) & ~RESERVED;
}

function isConsistent(flags: number): boolean {
  if ((flags & RESERVED) !== 0) return false; // [MQTT-3.1.2-3]
  if ((flags & WILL_QOS) === WILL_QOS) return false; // [MQTT-3.1.2-14]
  if ((flags & WILL) === 0 && (flags & (WILL_QOS | WILL_RETAIN)) !== 0) return false; // [MQTT-3.1.2-11]
  return (flags & USER_NAME) !== 0 || (flags & PASSWORD) === 0; // [MQTT-3.1.2-22]
}
