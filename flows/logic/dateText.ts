import { toNumber } from "./number.ts";
import { valueText } from "./valueText.ts";
import { isZone, wallTime, type WallTime } from "./zone.ts";

/** Format of a date where the template names none. */
const DEFAULT_DATE_FORMAT = "yyyy-MM-dd HH:mm:ss";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const two = (value: number): string => String(value).padStart(2, "0");

/** The letters of a date format; the docs list this table. */
const dateTokens: ReadonlyMap<string, (time: WallTime) => string> = new Map([
  ["yyyy", ({ year }: WallTime) => String(year).padStart(4, "0")],
  ["MMMM", ({ month }: WallTime) => months[month - 1] ?? ""],
  ["MMM", ({ month }: WallTime) => months[month - 1]?.slice(0, 3) ?? ""],
  ["MM", ({ month }: WallTime) => two(month)],
  ["M", ({ month }: WallTime) => String(month)],
  ["dd", ({ day }: WallTime) => two(day)],
  ["d", ({ day }: WallTime) => String(day)],
  ["EEEE", ({ weekday }: WallTime) => weekdays[weekday - 1] ?? ""],
  ["EEE", ({ weekday }: WallTime) => weekdays[weekday - 1]?.slice(0, 3) ?? ""],
  ["HH", ({ hour }: WallTime) => two(hour)],
  ["H", ({ hour }: WallTime) => String(hour)],
  ["mm", ({ minute }: WallTime) => two(minute)],
  ["ss", ({ second }: WallTime) => two(second)],
  ["SSS", ({ millisecond }: WallTime) => String(millisecond).padStart(3, "0")],
]);

const token = /yyyy|MMMM|MMM|MM|M|dd|d|EEEE|EEE|HH|H|mm|ss|SSS|'[^']*'/g;
const isoText = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?))?(Z|[+-]\d{2}:?\d{2})?$/;

/** A time as text in a zone; `undefined` for what is no time. A number is ms since 1970. */
export function dateText(value: unknown, zone: string, format: string): string | undefined {
  const instant = readInstant(value);
  if (instant === undefined) return undefined;
  const time = wallTime(instant.ms, instant.local ? "UTC" : zone);
  if (time === undefined) return undefined;
  return format.replace(token, (found) => dateTokens.get(found)?.(time) ?? found.slice(1, -1));
}

/** Tells the zone and the format among the arguments of the filter, in whichever order they come. */
export function dateArguments(given: readonly unknown[], zone: string): { zone: string; format: string } {
  const texts = given.map(valueText);
  const place = texts.find((text) => /^UTC$|\//.test(text) && isZone(text));
  return { zone: place ?? zone, format: texts.find((text) => text !== place) ?? DEFAULT_DATE_FORMAT };
}

/** A text without a zone (Tasmota sends such) already is local time: it is shown as it is. */
function readInstant(value: unknown): { readonly ms: number; readonly local: boolean } | undefined {
  const number = toNumber(value);
  if (number !== undefined) return { ms: number, local: false };
  const found = typeof value === "string" ? isoText.exec(value.trim()) : null;
  if (found === null) return undefined;
  const [, day = "", clock = "00:00:00", offset] = found;
  const ms = Date.parse(`${day}T${clock}${offset === undefined ? "Z" : withColon(offset)}`);
  return Number.isNaN(ms) ? undefined : { ms, local: offset === undefined };
}

function withColon(offset: string): string {
  return offset === "Z" || offset.includes(":") ? offset : `${offset.slice(0, 3)}:${offset.slice(3)}`;
}
