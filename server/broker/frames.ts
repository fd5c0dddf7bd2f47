/** Why a byte stream is refused before it reaches the parser. */
export type FrameViolation = "first-packet" | "length" | "too-large" | "too-much-before-connect";

/** Sizes one connection has to keep. */
export interface FrameLimits {
  readonly packetBytesBeforeConnack: number;
  readonly bytesBeforeConnack: number;
  readonly packetBytes: number;
}

/** Watches the bytes of one connection, whatever pieces they come in. */
export interface FrameGuard {
  check(chunk: Uint8Array): FrameViolation | undefined;
}

const CONNECT_HEADER = 0x10;
const LENGTH_BYTES_MAX = 4;

/**
 * Why: the parser buffers whatever length a packet announces, so one stranger could make it hold 256 MB. This guard
 * reads only packet type and length [section 2.2.3] and refuses from the fixed header, before anything is buffered.
 */
export function createFrameGuard(limits: FrameLimits, isAdmitted: () => boolean): FrameGuard {
  let bodyLeft = 0;
  let lengthBytes = 0;
  let length = 0;
  let inLength = false;
  let isFirst = true;
  let seenBytes = 0;

  function readLengthByte(byte: number): FrameViolation | undefined {
    length += (byte & 0x7f) * 128 ** lengthBytes;
    lengthBytes++;
    if (byte >= 0x80) return lengthBytes === LENGTH_BYTES_MAX ? "length" : undefined;
    inLength = false;
    bodyLeft = length;
    const largest = isAdmitted() ? limits.packetBytes : limits.packetBytesBeforeConnack;
    return 1 + lengthBytes + length > largest ? "too-large" : undefined;
  }

  function readHeaderByte(byte: number): FrameViolation | undefined {
    if (isFirst && byte !== CONNECT_HEADER) return "first-packet"; // [MQTT-3.1.0-1]
    isFirst = false;
    inLength = true;
    lengthBytes = 0;
    length = 0;
    return undefined;
  }

  return {
    check(chunk) {
      if (!isAdmitted()) {
        seenBytes += chunk.length;
        if (seenBytes > limits.bytesBeforeConnack) return "too-much-before-connect";
      }
      let at = 0;
      while (at < chunk.length) {
        if (bodyLeft > 0) {
          const skipped = Math.min(bodyLeft, chunk.length - at);
          bodyLeft -= skipped;
          at += skipped;
          continue;
        }
        const byte = chunk[at++] ?? 0;
        const violation = inLength ? readLengthByte(byte) : readHeaderByte(byte);
        if (violation !== undefined) return violation;
      }
      return undefined;
    },
  };
}
