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
  return new GrowingPacket();
}

/** A class, because every connection has one: closures with a getter would take 800 bytes instead of 40. */
class GrowingPacket implements PartialPacket {
  #buffer: Buffer = NOTHING;
  length = 0;

  view(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  append(piece: Uint8Array, wholeBytes: number): void {
    const needed = this.length + piece.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(
        Math.min(wholeBytes, Math.max(needed, 2 * this.#buffer.length, ROOM_BYTES_MIN)),
      );
      larger.set(this.#buffer.subarray(0, this.length));
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.length);
    this.length = needed;
  }

  take(): Uint8Array {
    const whole = this.#buffer.subarray(0, this.length);
    this.#buffer = NOTHING;
    this.length = 0;
    return whole;
  }
}
