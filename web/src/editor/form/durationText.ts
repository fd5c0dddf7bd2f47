import { formatDuration, parseDuration } from "#flows/logic/duration.ts";

const UNIT_NAMES: readonly (readonly [number, string])[] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1_000, "second"],
  [1, "millisecond"],
];

/** The stored form of a time span as people write it: `2 min` gives `2m`, a bare number is seconds; else unchanged. */
export function readDurationText(text: string): string {
  const ms = parseDuration(text) ?? parseDuration(`${text}s`);
  return ms === undefined ? text.trim() : formatDuration(ms);
}

/** A time span in words, so that a typing slip is seen: `1h30m` gives `1 hour 30 minutes`. */
export function durationWords(text: string): string | undefined {
  let restMs = parseDuration(text);
  if (restMs === undefined) return undefined;
  const words: string[] = [];
  for (const [unitMs, name] of UNIT_NAMES) {
    const count = Math.floor(restMs / unitMs);
    restMs -= count * unitMs;
    if (count > 0) words.push(`${count} ${name}${count === 1 ? "" : "s"}`);
  }
  return words.length === 0 ? "no time" : words.join(" ");
}
