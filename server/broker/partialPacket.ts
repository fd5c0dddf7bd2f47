/** The beginning of a packet whose rest has not come yet. */
export interface PartialPacket {
  readonly length: number;
  /** What came so far. */
  view(): Uint8Array;
  /** Adds a piece of a packet that will have `wholeBytes`. */
  append(piece: Uint8Array, wholeBytes: number): void;
  /** Gives the packet away and is empty again. */
  take(): Uint8Array;
}

/** Room that is made at least, so that a trickle of single bytes does not ask for it again and again. */
const ROOM_BYTES_MIN = 1_024;
const NOTHING = Buffer.alloc(0);

/**
 * Why one growing buffer and no list of pieces: a stranger who sends byte by byte would make each byte an object of
 * 200. It doubles, so each byte is moved a few times at most, and it never becomes larger than the packet or twice what
 * came, so a large length alone reserves nothing.
 */
export function createPartialPacket(): PartialPacket {
  let buffer = NOTHING;
  let length = 0;
  return {
    get length() {
      return length;
    },
    view: () => buffer.subarray(0, length),
    append(piece, wholeBytes) {
      const needed = length + piece.length;
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(
          Math.min(wholeBytes, Math.max(needed, 2 * buffer.length, ROOM_BYTES_MIN)),
        );
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(piece, length);
      length = needed;
    },
    take() {
      const whole = buffer.subarray(0, length);
      buffer = NOTHING;
      length = 0;
      return whole;
    },
  };
}
