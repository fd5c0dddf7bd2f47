/** Tells who listens, such as live connections, that a session or token has ended. */
export interface Endings {
  readonly tell: (keys: readonly string[]) => void;
  /** Returns its own off. */
  readonly on: (listener: (key: string) => void) => () => void;
}

/** Endings go to every listener, also when one of them fails. */
export function createEndings(log: AuthLog): Endings {
  const listeners = new Set<(key: string) => void>();
  return {
    tell: (keys) => {
      for (const key of keys)
        for (const listener of listeners)
          try {
            listener(key);
          } catch (error) {
            log.warn({ err: error }, "A listener failed when it was told that a session or token has ended.");
          }
    },
    on: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The part of a logger that access uses. */
export interface AuthLog {
  readonly warn: (fields: object, sentence: string) => void;
}
