/** Finds the packets in one direction of a byte stream, whatever pieces it comes in. */
export interface PacketWalk {
  walk(chunk: Uint8Array): void;
  /** Bytes of the next chunk that still belong to a packet seen before; `undefined` inside a fixed header. */
  bytesToBoundary(): number | undefined;
}

/** A packet was announced: its first byte and its whole size. */
export type OnPacket = (firstByte: number, bytes: number) => void;

/** Beyond four bytes of length the stream is no MQTT [section 2.2.3]; the frame guard ends such a connection. */
const FACTOR_MAX = 128 ** 3;

/** Why own: it reads two bytes of a packet and allocates nothing, so that counting costs next to nothing. */
export function createPacketWalk(onPacket: OnPacket): PacketWalk {
  let firstByte = 0;
  let isInHeader = false;
  let factor = 1;
  let length = 0;
  let headerBytes = 0;
  let bodyLeft = 0;

  return {
    walk(chunk) {
      const end = chunk.length;
      let at = 0;
      while (at < end) {
        if (bodyLeft > 0) {
          const skipped = Math.min(bodyLeft, end - at);
          bodyLeft -= skipped;
          at += skipped;
          continue;
        }
        const byte = chunk[at++] ?? 0;
        if (!isInHeader) {
          firstByte = byte;
          isInHeader = true;
          factor = 1;
          length = 0;
          headerBytes = 1;
          continue;
        }
        headerBytes++;
        length += (byte & 0x7f) * factor;
        if (byte >= 0x80 && factor < FACTOR_MAX) {
          factor *= 128;
          continue;
        }
        isInHeader = false;
        bodyLeft = length;
        onPacket(firstByte, headerBytes + length);
      }
    },
    bytesToBoundary: () => (isInHeader ? undefined : bodyLeft),
  };
}
