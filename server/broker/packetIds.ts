/** The packet ids of what goes to one client. */
export interface PacketIds {
  /** One that is neither under way nor reserved [MQTT-2.3.1-2]. */
  next(): number;
  /** Keeps it from being given out, because a message waits with it or a row on disk has it. */
  reserve(packetId: number): void;
  release(packetId: number): void;
  /** Goes on behind the last one that was given out before. */
  continueAfter(packetId: number): void;
  /** Releases all. */
  clear(): void;
}

const PACKET_ID_MAX = 65_535;

/** Gives out packet ids in turn, none that is in flight. */
export function createPacketIds(inFlight: { has(packetId: number): boolean }): PacketIds {
  return new IdsInTurn(inFlight);
}

/** A class, because every session has one. */
class IdsInTurn implements PacketIds {
  readonly #inFlight: { has(packetId: number): boolean };
  readonly #reserved = new Set<number>();
  #last = 0;

  constructor(inFlight: { has(packetId: number): boolean }) {
    this.#inFlight = inFlight;
  }

  next(): number {
    do this.#last = (this.#last % PACKET_ID_MAX) + 1;
    while (this.#inFlight.has(this.#last) || this.#reserved.has(this.#last));
    return this.#last;
  }

  reserve(packetId: number): void {
    this.#reserved.add(packetId);
  }

  release(packetId: number): void {
    this.#reserved.delete(packetId);
  }

  continueAfter(packetId: number): void {
    this.#last = packetId;
  }

  clear(): void {
    this.#reserved.clear();
  }
}
