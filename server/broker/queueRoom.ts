import type { Counters, DropReason } from "./counters.ts";
import type { DeliveryOptions } from "./deliveryTypes.ts";
import type { QueueEntry, SendQueue } from "./sendQueue.ts";

/** Keeps the queue of one session within its bounds, and counts what that costs. */
export interface QueueRoom {
  readonly dropped: number;
  readonly drops: Readonly<Partial<Record<DropReason, number>>>;
  /** Makes room for so many bytes; false when the message they are of was given up. */
  make(bytes: number): boolean;
  /** Gives up so many bytes of what matters least. */
  trim(bytes: number): void;
  /** Gives up all that waits; returns how many messages that were. */
  clear(): number;
  /** Counts a message that was given up. */
  drop(reason: DropReason): void;
}

/** Bounds, the queue they are for, and who hears of each entry that goes. */
export interface QueueRoomOptions {
  readonly bounds: Pick<DeliveryOptions, "queueMessages" | "queueBytes" | "queuePolicy" | "onOverflow">;
  readonly queue: SendQueue;
  readonly counters: Counters;
  readonly forget: (entry: QueueEntry) => void;
}

/** Nothing is dropped at first. */
export function createQueueRoom(options: QueueRoomOptions): QueueRoom {
  return new BoundedRoom(options);
}

/** A class, because every session has one. */
class BoundedRoom implements QueueRoom {
  readonly #options: QueueRoomOptions;
  readonly drops: Partial<Record<DropReason, number>> = {};
  dropped = 0;

  constructor(options: QueueRoomOptions) {
    this.#options = options;
  }

  make(bytes: number): boolean {
    const { bounds, queue } = this.#options;
    if (bytes > bounds.queueBytes) {
      this.drop("too-large");
      return false;
    }
    while (queue.length >= bounds.queueMessages || queue.bytes + bytes > bounds.queueBytes) {
      if (bounds.queuePolicy === "drop-oldest") this.#dropWeakest();
      else {
        this.drop("queue-full");
        if (bounds.queuePolicy === "disconnect") bounds.onOverflow();
        return false;
      }
    }
    return true;
  }

  trim(bytes: number): void {
    const { queue } = this.#options;
    const target = queue.bytes - bytes;
    while (queue.length > 0 && queue.bytes > target) this.#dropWeakest();
  }

  clear(): number {
    const gone = this.#options.queue.clear();
    for (const entry of gone) this.#giveUp(entry, "cleared");
    return gone.length;
  }

  drop(reason: DropReason): void {
    this.dropped++;
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
    this.#options.counters.dropped[reason]++;
  }

  #dropWeakest(): void {
    const weakest = this.#options.queue.takeWeakest();
    if (weakest !== undefined) this.#giveUp(weakest, "queue-full");
  }

  #giveUp(entry: QueueEntry, reason: DropReason): void {
    this.drop(reason);
    this.#options.forget(entry);
  }
}
