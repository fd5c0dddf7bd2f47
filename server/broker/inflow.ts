import type { Duplex } from "node:stream";

/** Why a client is not read for now. */
export type HoldReason = "rate" | "disk" | "waiting";

/** The receiving side of one connection: it can be stopped and goes on later. Nothing is lost, the sender waits. */
export interface Inflow {
  /** Reads nothing more until every reason is released. */
  hold(reason: HoldReason): void;
  release(reason: HoldReason): void;
  /** Something of this client waits for a slow answer; when that is too much, the client is not read meanwhile. */
  begin(bytes: number): void;
  /** It has its answer. */
  end(bytes: number): void;
  isHeld(): boolean;
}

/** What an inflow works with. */
export interface InflowOptions {
  readonly connection: Duplex;
  readonly inboundWaiting: number;
  readonly inboundWaitingBytes: number;
  /** So many bytes were taken from the connection. */
  readonly onRead: (bytes: number) => void;
  /** Called every second while held: a client that is not read cannot show that it lives. */
  readonly onHeld: () => void;
}

const HELD_TICK_MS = 1_000;
const reasonBits: Readonly<Record<HoldReason, number>> = { rate: 1, disk: 2, waiting: 4 };

/**
 * Why: aedes takes what the connection has on every "readable" event, also while it waits for a hook, and its own
 * pause() forgets to read again when packets end meanwhile. A connection that answers "nothing there" stops it
 * surely: the stream fills up to its high-water mark, then TCP makes the sender wait.
 */
export function createInflow(options: InflowOptions): Inflow {
  const { connection, inboundWaiting, inboundWaitingBytes, onRead, onHeld } = options;
  /** The bits of `reasonBits` that hold it now. */
  let reasons = 0;
  const read = connection.read.bind(connection);
  let ticking: NodeJS.Timeout | undefined;
  let waiting = 0;
  let waitingBytes = 0;

  connection.read = (size) => {
    if (reasons !== 0) return null;
    const chunk: unknown = read(size);
    if (chunk instanceof Uint8Array) onRead(chunk.length);
    return chunk;
  };
  connection.once("close", () => clearInterval(ticking));

  function hold(reason: HoldReason): void {
    if (reasons === 0 && !connection.destroyed) ticking = setInterval(onHeld, HELD_TICK_MS).unref();
    reasons |= reasonBits[reason];
  }

  function release(reason: HoldReason): void {
    const before = reasons;
    reasons &= ~reasonBits[reason];
    if (reasons !== 0 || before === 0) return;
    clearInterval(ticking);
    onHeld();
    // In a turn of its own: whoever releases may be in the middle of answering what was read before.
    setImmediate(() => {
      if (reasons === 0 && !connection.destroyed) connection.emit("readable");
    });
  }

  return {
    hold,
    release,
    begin(bytes) {
      waiting++;
      waitingBytes += bytes;
      if (waiting > inboundWaiting || waitingBytes > inboundWaitingBytes) hold("waiting");
    },
    end(bytes) {
      waiting--;
      waitingBytes -= bytes;
      // Half empty, so that it does not start and stop with every message.
      if (waiting <= inboundWaiting / 2 && waitingBytes <= inboundWaitingBytes / 2) release("waiting");
    },
    isHeld: () => reasons !== 0,
  };
}
