import { wallTime } from "../logic/zone.ts";

/**
 * Wall clock arithmetic. A wall time is what a zone's clocks show, written as the ms since 1970 that UTC clocks would
 * need to show the same; so days are always 24 h long and a day starts at a multiple of `DAY_MS`.
 */
export const DAY_MS = 86_400_000;

/** A zone may leave out a whole day (Samoa, 2011); within this distance of a wall time lies at most one clock change. */
const CHANGE_WITHIN_MS = 36 * 3_600_000;

/** What the clocks of a zone show at an instant. */
export function wallMsAt(instantMs: number, zone: string): number {
  const wall = wallTime(instantMs, zone);
  if (wall === undefined) return instantMs;
  const { year, month, day, hour, minute, second, millisecond } = wall;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}

/** How far the clocks of a zone are ahead of UTC at an instant. */
export function offsetMsAt(instantMs: number, zone: string): number {
  return wallMsAt(instantMs, zone) - instantMs;
}

/**
 * The instants at which clocks show a wall time, in order: one, or two where clocks are set back, or the first
 * instant after the gap where they are set forward past it.
 */
export function instantsOf(wallMs: number, zone: string): readonly number[] {
  const before = offsetMsAt(wallMs - CHANGE_WITHIN_MS, zone);
  const after = offsetMsAt(wallMs + CHANGE_WITHIN_MS, zone);
  if (before === after) return [wallMs - before];
  const instants = [wallMs - before, wallMs - after].filter((instant) => wallMsAt(instant, zone) === wallMs);
  return instants.length > 0
    ? instants.toSorted((a, b) => a - b)
    : [changeBetween(wallMs - CHANGE_WITHIN_MS, wallMs + CHANGE_WITHIN_MS, zone)];
}

/** The first instant at which the new offset holds. */
function changeBetween(fromMs: number, toMs: number, zone: string): number {
  const after = offsetMsAt(toMs, zone);
  let [low, high] = [fromMs, toMs];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetMsAt(middle, zone) === after) high = middle;
    else low = middle;
  }
  return high;
}
