import type { ByteBudget } from "./byteBudget.ts";
import { isOldProtocol } from "./connectRules.ts";
import type { Frame, TextRules } from "./frame.ts";
import { CONNECT, DISCONNECT, headerViolation, withoutOldDup, type FrameRules } from "./frameRules.ts";
import type { FrameViolation } from "./frameViolation.ts";
import { createPartialPacket } from "./partialPacket.ts";

/** Sizes one connection has to keep. */
export interface FrameLimits extends TextRules {
  readonly packetBytesBeforeConnack: number;
  readonly bytesBeforeConnack: number;
  readonly packetBytes: number;
}

/** Watches the bytes of one connection, whatever pieces they come in. */
export interface FrameGuard {
  /** Passes the whole packets on, up to the first that breaks a rule; behind that one, nothing is passed any more. */
  receive(chunk: Uint8Array): FrameViolation | undefined;
  /** The client was admitted, or is gone: what it holds no longer counts among the bytes of strangers. */
  release(): void;
}

/** Parts a guard works with. */
export interface FrameGuardOptions {
  readonly limits: FrameLimits;
  readonly rules: FrameRules;
  /** Bytes of all clients that are not admitted yet. */
  readonly strangers: ByteBudget;
  readonly isAdmitted: () => boolean;
  /** Gets one or more whole, checked packets. */
  readonly pass: (packets: Uint8Array) => void;
}

const LENGTH_BYTES_MAX = 4;
const NOTHING = new Uint8Array();

/**
 * Why: the parser buffers whatever length a packet announces, and takes much that the standard forbids (aedes D11, D15,
 * D16). First the header byte, then the size, both before anything is buffered; then the structure of the whole packet,
 * then what its fields mean. A length in more bytes than it needs is accepted: only MQTT 5 forbids it.
 */
export function createFrameGuard(options: FrameGuardOptions): FrameGuard {
  const { limits, rules, strangers, isAdmitted } = options;
  const frame: Frame = { bytes: NOTHING, header: 0, at: 0, end: 0 };
  const partial = createPartialPacket();
  const waiting: Uint8Array[] = [];
  let packetBytesMax = 0;
  let strangeBytes = 0;
  let isFirst = true;
  let connectFlags = 0;
  let isOld = false;
  let isPassing = false;
  let isEnded = false;

  function countStrangeBytes(bytes: number): FrameViolation | undefined {
    if (!strangers.take(bytes)) return "unauthenticated-bytes";
    strangeBytes += bytes;
    return strangeBytes > limits.bytesBeforeConnack ? "too-much-before-connack" : undefined;
  }

  function readType(bytes: Uint8Array, start: number): FrameViolation | undefined {
    const sent = bytes[start] ?? 0;
    frame.header = isFirst ? CONNECT : isOld ? withoutOldDup(sent) : sent;
    if (!isFirst && sent === CONNECT) return "second-connect"; // [MQTT-3.1.0-2]
    if (isFirst && sent >> 4 !== CONNECT >> 4) return "first-packet"; // [MQTT-3.1.0-1]
    // What MQTT 3.1 leaves open, the parser would refuse. Whether it is 3.1 stands in the body of the CONNECT.
    if (isFirst) connectFlags |= sent & 0x0f;
    if (frame.header !== sent) bytes[start] = frame.header;
    return headerViolation(frame.header);
  }

  /** Finds the body of the packet that starts here; "open" while its length is not there. */
  function locate(bytes: Uint8Array, start: number): FrameViolation | "open" | undefined {
    const violation = readType(bytes, start);
    if (violation !== undefined) return violation;
    let length = 0;
    for (let at = start + 1; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const lengthBytes = at - start;
      length |= (byte & 0x7f) << (7 * (lengthBytes - 1));
      if (byte >= 0x80) {
        if (lengthBytes === LENGTH_BYTES_MAX) return "length";
        continue;
      }
      frame.at = at + 1;
      frame.end = at + 1 + length;
      return frame.end - start > packetBytesMax ? "too-large" : undefined;
    }
    return "open";
  }

  function checkBody(): FrameViolation | undefined {
    const bodyAt = frame.at;
    const violation = rules(frame);
    if (violation !== undefined) return violation;
    if (isFirst) isOld = isOldProtocol(frame, bodyAt);
    if (isFirst && !isOld && connectFlags !== 0) return "reserved-flags"; // [MQTT-2.2.2-2]
    isFirst = false;
    // Nothing may follow a DISCONNECT [MQTT-3.14.4-2]; the parser would go on to the end of its chunk.
    if (frame.header === DISCONNECT) end();
    return undefined;
  }

  function end(): void {
    isEnded = true;
    waiting.length = 0;
  }

  /** Completes the packet that began in earlier chunks; tells how much of this chunk it took. */
  function fill(chunk: Uint8Array): FrameViolation | number {
    for (let at = 0; ;) {
      const found = locate(partial.view(), 0);
      if (found !== undefined && found !== "open") return found;
      const wholeBytes = found === "open" ? partial.length + 1 : frame.end;
      if (partial.length === wholeBytes) return passPartial() ?? at;
      if (at === chunk.length) return at;
      const to = Math.min(at + wholeBytes - partial.length, chunk.length);
      partial.append(chunk.subarray(at, to), wholeBytes);
      at = to;
    }
  }

  function passPartial(): FrameViolation | undefined {
    frame.bytes = partial.take();
    const violation = checkBody();
    if (violation === undefined) options.pass(frame.bytes);
    return violation;
  }

  /** Checks whole packets where they lie, passes them on as one piece without a copy, and keeps the rest. */
  function scan(chunk: Uint8Array, from: number): FrameViolation | undefined {
    let at = from;
    let violation: FrameViolation | undefined;
    while (at < chunk.length) {
      const found = locate(chunk, at);
      if (found === "open" || (found === undefined && frame.end > chunk.length)) {
        partial.append(chunk.subarray(at), found === "open" ? chunk.length - at : frame.end - at);
        break;
      }
      const next = frame.end;
      frame.bytes = chunk;
      violation = found ?? checkBody();
      if (violation !== undefined) break;
      at = next;
      if (isEnded) break;
    }
    if (at > from) options.pass(at - from === chunk.length ? chunk : chunk.subarray(from, at));
    return violation;
  }

  function take(chunk: Uint8Array): FrameViolation | undefined {
    const isStranger = !isAdmitted();
    const excess = isStranger ? countStrangeBytes(chunk.length) : undefined;
    if (excess !== undefined) return excess;
    packetBytesMax = isStranger ? limits.packetBytesBeforeConnack : limits.packetBytes;
    const used = partial.length === 0 ? 0 : fill(chunk);
    if (typeof used !== "number") return used;
    return isEnded ? undefined : scan(chunk, used);
  }

  return {
    receive(chunk) {
      if (isEnded) return undefined;
      // aedes may read on while it handles a packet, which would disturb the parser in the middle of a chunk.
      if (isPassing) {
        waiting.push(chunk);
        return undefined;
      }
      isPassing = true;
      let violation = take(chunk);
      while (violation === undefined && waiting.length > 0) violation = take(waiting.shift() ?? NOTHING);
      isPassing = false;
      // An idle connection keeps no chunk alive.
      frame.bytes = NOTHING;
      if (violation !== undefined) end();
      return violation;
    },
    release() {
      strangers.giveBack(strangeBytes);
      strangeBytes = 0;
    },
  };
}
