/** Remembers when which row wants its next attempt, so that one timer is enough. */
export interface Wakes {
  add: (seq: number, atMs: number) => void;
  remove: (seq: number) => void;
  /** The earliest time after `nowMs`; Infinity when nothing waits. */
  next: (nowMs: number) => number;
}

/** The earliest time is kept and searched for again only once it has passed. */
export function createWakes(): Wakes {
  const times = new Map<number, number>();
  let earliest = Infinity;
  return {
    add(seq, atMs) {
      times.set(seq, atMs);
      earliest = Math.min(earliest, atMs);
    },
    remove: (seq) => void times.delete(seq),
    next(nowMs) {
      if (earliest > nowMs) return earliest;
      earliest = Infinity;
      for (const [seq, atMs] of times)
        if (atMs <= nowMs) times.delete(seq);
        else if (atMs < earliest) earliest = atMs;
      return earliest;
    },
  };
}
