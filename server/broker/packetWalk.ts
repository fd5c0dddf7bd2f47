/** Where one direction of a byte stream is, between two chunks. One for each direction of each connection: kept small. */
export interface PacketWalk {
  firstByte: number;
  /** The fixed header has begun and not ended. */
  isInHeader: boolean;
  factor: number;
  length: number;
  headerBytes: number;
  bodyLeft: number;
  /** PUBLISH packets so far. */
  publishes: number;
}

/** Packets and bytes of one direction, by type number of the packet [table 2.1]. */
export interface TrafficTally {
  readonly packets: number[];
  readonly bytes: number[];
}

/** Beyond four bytes of length the stream is no MQTT [section 2.2.3]; the frame guard ends such a connection. */
const FACTOR_MAX = 128 ** 3;
const PUBLISH = 3;

/** A walk at the beginning of a stream. */
export function createPacketWalk(): PacketWalk {
  return {
    firstByte: 0,
    isInHeader: false,
    factor: 1,
    length: 0,
    headerBytes: 0,
    bodyLeft: 0,
    publishes: 0,
  };
}

/** Counts the packets that begin in a chunk. It reads two bytes of each and allocates nothing. */
export function walkPackets(walk: PacketWalk, chunk: Uint8Array, tally: TrafficTally): void {
  const end = chunk.length;
  let at = 0;
  while (at < end) {
    if (walk.bodyLeft > 0) {
      const skipped = Math.min(walk.bodyLeft, end - at);
      walk.bodyLeft -= skipped;
      at += skipped;
      continue;
    }
    const byte = chunk[at++] ?? 0;
    const next = chunk[at] ?? 0x80;
    // Most packets are short, and their header is in one piece.
    if (!walk.isInHeader && next < 0x80) {
      count(walk, tally, byte >>> 4, 2 + next);
      walk.bodyLeft = next;
      at++;
    } else if (walk.isInHeader) readLengthByte(walk, byte, tally);
    else beginPacket(walk, byte);
  }
}

/** Bytes of the next chunk that belong to a packet seen before; `undefined` inside a fixed header. */
export function bytesToBoundary({ isInHeader, bodyLeft }: PacketWalk): number | undefined {
  return isInHeader ? undefined : bodyLeft;
}

function beginPacket(walk: PacketWalk, byte: number): void {
  walk.firstByte = byte;
  walk.isInHeader = true;
  walk.factor = 1;
  walk.length = 0;
  walk.headerBytes = 1;
}

function readLengthByte(walk: PacketWalk, byte: number, tally: TrafficTally): void {
  walk.headerBytes++;
  walk.length += (byte & 0x7f) * walk.factor;
  if (byte >= 0x80 && walk.factor < FACTOR_MAX) {
    walk.factor *= 128;
    return;
  }
  walk.isInHeader = false;
  walk.bodyLeft = walk.length;
  count(walk, tally, walk.firstByte >>> 4, walk.headerBytes + walk.length);
}

function count(walk: PacketWalk, { packets, bytes }: TrafficTally, ...[type, size]: [number, number]): void {
  packets[type] = (packets[type] ?? 0) + 1;
  bytes[type] = (bytes[type] ?? 0) + size;
  if (type === PUBLISH) walk.publishes++;
}
