/** Keeps the last few of something. */
export interface Ring<Item> {
  /** Returns the one that had to go. */
  push: (item: Item) => Item | undefined;
  last: () => Item | undefined;
  /** Oldest first. */
  all: () => readonly Item[];
  /** Forgets all but the newest `keep`; returns what went. */
  clear: (keep: number) => readonly Item[];
}

/** A ring that grows only as far as it is used. */
export function createRing<Item>(size: number): Ring<Item> {
  let items: Item[] = [];
  /** Place of the oldest once the ring is full. */
  let start = 0;
  const all = () => [...items.slice(start), ...items.slice(0, start)];
  return {
    push(item) {
      if (items.length < size) {
        items.push(item);
        return undefined;
      }
      const oldest = items[start];
      items[start] = item;
      start = (start + 1) % size;
      return oldest;
    },
    last: () => (start === 0 ? items.at(-1) : items[start - 1]),
    all,
    clear(keep) {
      const ordered = all();
      const gone = ordered.slice(0, Math.max(0, ordered.length - keep));
      items = ordered.slice(gone.length);
      start = 0;
      return gone;
    },
  };
}
