/** How many there are for each key; a key without any takes no room. */
export interface Tally {
  of(key: string): number;
  add(key: string): void;
  remove(key: string): void;
}

/** Nothing is counted at first. */
export function createTally(): Tally {
  const counts = new Map<string, number>();
  return {
    of: (key) => counts.get(key) ?? 0,
    add(key) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    },
    remove(key) {
      const left = (counts.get(key) ?? 0) - 1;
      if (left > 0) counts.set(key, left);
      else counts.delete(key);
    },
  };
}
