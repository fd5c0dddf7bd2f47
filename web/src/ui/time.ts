const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;
const JUST_NOW_MS = 5_000;

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "always", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

/** How long ago or ahead a moment is, in the largest fitting unit: `3 min. ago`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const distanceMs = atMs - nowMs;
  if (Math.abs(distanceMs) < JUST_NOW_MS) return "just now";
  for (const [unit, unitMs] of UNITS)
    if (Math.abs(distanceMs) >= unitMs) return relative.format(Math.trunc(distanceMs / unitMs), unit);
  return "just now";
}

/** Date and time in the user's locale. */
export function absoluteTime(atMs: number): string {
  return absolute.format(atMs);
}

/** Time of day with seconds, for streams of messages. */
export function clockTime(atMs: number): string {
  return clock.format(atMs);
}

/** A span in the units people use: `350 ms`, `2.4 s`, `3 min`. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}
