import type { Log } from "./log.ts";

/** Listeners of one event. */
export interface EventListeners<T extends object> {
  /** Returns its own end. */
  add(listener: (event: T) => void): () => void;
  tell(event: T): void;
}

/** Listeners of one event; one that throws disturbs no other. */
export function createEventListeners<T extends object>(log: Log): EventListeners<T> {
  const listeners = new Set<(event: T) => void>();
  const add = (listener: (event: T) => void): (() => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  const tell = (event: T): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        log.error({ err: error }, "A listener of the broker failed.");
      }
    }
  };
  return { add, tell };
}
