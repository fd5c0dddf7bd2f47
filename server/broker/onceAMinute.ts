const MINUTE_MS = 60_000;
const KEYS_MAX = 1_000;

/** True at most once a minute for each key, so that a noisy client cannot fill the log. */
export function createOnceAMinute(now: () => number): (key: string) => boolean {
  const lastAt = new Map<string, number>();
  return (key) => {
    const at = now();
    if (at - (lastAt.get(key) ?? -Infinity) < MINUTE_MS) return false;
    if (lastAt.size >= KEYS_MAX) lastAt.clear();
    lastAt.set(key, at);
    return true;
  };
}
