/** What a wall clock in some zone shows. */
export interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 1 is Monday, 7 is Sunday. */
  readonly weekday: number;
}

/** Formatters kept; each costs some 50 KB and 100 µs to make. */
const FORMATTERS_MAX = 64;
/** Largest time JavaScript's dates hold, in ms since 1970. */
const TIME_MAX_MS = 8.64e15;

const formatters = new Map<string, Intl.DateTimeFormat>();

/** True for an IANA time zone that this machine knows. */
export function isZone(zone: string): boolean {
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show at an instant; `undefined` for a time that no date holds. */
export function wallTime(ms: number, zone: string): WallTime | undefined {
  if (!(Math.abs(ms) <= TIME_MAX_MS)) return undefined;
  const whole = Math.floor(ms);
  const shown: Record<string, number> = {};
  for (const part of formatterOf(zone).formatToParts(new Date(whole))) shown[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  const sunday = new Date(Date.UTC(2000, month - 1, day));
  sunday.setUTCFullYear(year);
  const millisecond = ((whole % 1_000) + 1_000) % 1_000;
  return { year, month, day, hour, minute, second, millisecond, weekday: sunday.getUTCDay() || 7 };
}

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    calendar: "iso8601",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  if (formatters.size >= FORMATTERS_MAX) formatters.clear();
  formatters.set(zone, made);
  return made;
}
