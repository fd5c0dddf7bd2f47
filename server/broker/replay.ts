import type { RetainedMessage } from "./retained.ts";

/** Retained messages on their way to one client. */
export interface Replay {
  /** Sends these after all that came before. */
  add(messages: Iterator<RetainedMessage>): void;
  /** There may be room again. */
  proceed(): void;
  /** Gives up what was not sent. */
  stop(): void;
}

/** What a replay asks about its client. */
export interface ReplayOptions {
  readonly hasRoom: () => boolean;
  readonly send: (message: RetainedMessage) => void;
}

/** Retained messages sent in one turn of the event loop. */
const REPLAY_SLICE = 200;

/** Sends retained messages a little at a time, so that a wide filter holds up nobody else. */
export function createReplay(options: ReplayOptions): Replay {
  return new SlicedReplay(options);
}

/** A class, because every session has one. */
class SlicedReplay implements Replay {
  readonly #options: ReplayOptions;
  #pending: Iterator<RetainedMessage>[] = [];
  #isPlanned = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  add(messages: Iterator<RetainedMessage>): void {
    this.#pending.push(messages);
    this.proceed();
  }

  proceed(): void {
    if (this.#isPlanned || this.#pending.length === 0) return;
    this.#isPlanned = true;
    setImmediate(() => this.#sendSlice());
  }

  stop(): void {
    this.#pending = [];
  }

  #sendSlice(): void {
    this.#isPlanned = false;
    for (let left = REPLAY_SLICE; left > 0 && this.#pending.length > 0; left--) {
      if (!this.#options.hasRoom()) return;
      const { value, done } = this.#pending[0]!.next();
      if (done === true) this.#pending.shift();
      else this.#options.send(value);
    }
    this.proceed();
  }
}
