import { createConnectRule } from "./connectRules.ts";
import { subscribeViolation, unsubscribeViolation } from "./filterRules.ts";
import { skipPacketId, type Frame, type TextRules } from "./frame.ts";
import type { FrameViolation } from "./frameViolation.ts";
import { createPublishRule } from "./publishRules.ts";

/** What whole packets of a client have to keep; made once for all connections. */
export type FrameRules = (frame: Frame) => FrameViolation | undefined;

/** First bytes that stand alone. */
export const CONNECT = 0x10;
export const DISCONNECT = 0xe0;

const DUP = 0x08;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;
/** The flags of each type a client may send; the others are reserved or belong to the server. */
const FLAGS = new Map([
  [1, 0],
  [4, 0],
  [5, 0],
  [6, 2],
  [7, 0],
  [SUBSCRIBE, 2],
  [UNSUBSCRIBE, 2],
  [12, 0],
  [14, 0],
]);
/** By first byte, so that the question costs one look-up. */
const headerViolations = Array.from({ length: 256 }, (_, header) => findHeaderViolation(header));

/** What is wrong with the first byte of a packet, which is known before anything is buffered. */
export function headerViolation(header: number): FrameViolation | undefined {
  return headerViolations[header];
}

/** MQTT 3.1 lets a client mark a repeated PUBREL, SUBSCRIBE or UNSUBSCRIBE; 3.1.1 made that bit reserved. */
export function withoutOldDup(header: number): number {
  return FLAGS.get(header >> 4) === 2 ? header & ~DUP : header;
}

/** Creates the rules of all bodies. */
export function createFrameRules(rules: TextRules): FrameRules {
  const connectViolation = createConnectRule(rules);
  const publishViolation = createPublishRule(rules);
  return (frame) => {
    const type = frame.header >> 4;
    if (type === PUBLISH) return publishViolation(frame);
    if (frame.header === CONNECT) return connectViolation(frame);
    if (type === SUBSCRIBE) return subscribeViolation(frame, rules);
    if (type === UNSUBSCRIBE) return unsubscribeViolation(frame, rules);
    // PINGREQ and DISCONNECT have no body, an acknowledgement nothing but its packet id.
    const violation = type >= 12 ? undefined : skipPacketId(frame);
    return frame.at === frame.end ? violation : "body";
  };
}

function findHeaderViolation(header: number): FrameViolation | undefined {
  const type = header >> 4;
  if (type !== PUBLISH) {
    const flags = FLAGS.get(type);
    if (flags === undefined) return "packet-type";
    return (header & 0x0f) === flags ? undefined : "reserved-flags"; // [MQTT-2.2.2-2]
  }
  const qos = (header >> 1) & 3;
  if (qos === 3) return "publish-qos"; // [MQTT-3.3.1-4]
  return qos === 0 && (header & DUP) !== 0 ? "publish-dup" : undefined; // [MQTT-3.3.1-2]
}
