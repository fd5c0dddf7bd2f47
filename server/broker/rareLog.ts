import type { Log } from "./log.ts";

/** A log in which a noisy client has at most one line a minute for each key; the next line tells how many were left out. */
export interface RareLog {
  info(key: string, details: object, text: string): void;
  warn(key: string, details: object, text: string): void;
}

const MINUTE_MS = 60_000;
/** Keys remembered; beyond it the ones that were told longest ago are forgotten. */
const KEYS_MAX = 1_000;

interface Entry {
  readonly toldAt: number;
  suppressed: number;
}

/** Writes to the log, seldom. */
export function createRareLog(log: Log, now: () => number): RareLog {
  const entries = new Map<string, Entry>();

  /** The end of the sentence, or `undefined` when nothing is to be told now. */
  function ending(key: string): string | undefined {
    const entry = entries.get(key);
    const at = now();
    if (entry !== undefined && at - entry.toldAt < MINUTE_MS) {
      entry.suppressed++;
      return undefined;
    }
    entries.delete(key);
    entries.set(key, { toldAt: at, suppressed: 0 });
    const [oldest] = entries.keys();
    if (entries.size > KEYS_MAX && oldest !== undefined) entries.delete(oldest);
    return entry === undefined || entry.suppressed === 0
      ? ""
      : ` (and ${entry.suppressed} more since the last time)`;
  }

  function tell(level: "info" | "warn", key: string, line: readonly [details: object, text: string]): void {
    const end = ending(key);
    if (end !== undefined) log[level](line[0], line[1] + end);
  }

  return {
    info: (key, details, text) => tell("info", key, [details, text]),
    warn: (key, details, text) => tell("warn", key, [details, text]),
  };
}
