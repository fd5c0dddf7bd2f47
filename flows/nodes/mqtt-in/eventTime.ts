import { toNumber } from "../../logic/number.ts";
import { quoted } from "../../problem.ts";
import { instantsOf } from "../localTime.ts";

export type TimeFormat = "auto" | "iso" | "iso-local" | "seconds" | "millis";

/** The time of an event; without `at` the time of arrival counts, and `problem` says why. ms since 1970. */
export interface EventTime {
  readonly at?: number;
  readonly problem?: string;
}

/** A clock that is further off is not believed. */
const PAST_MAX_MS = 24 * 3_600_000;
const FUTURE_MAX_MS = 5 * 60_000;
/** As ms this is March 1973, as seconds the year 5138: a device means seconds below it. */
const MILLIS_FROM = 1e11;
const DATE =
  /^(?<date>\d{4}-\d\d-\d\d)[T ](?<clock>\d\d:\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d{1,9}))?)?\s*(?<offset>Z|[+-]\d\d:?\d\d)?$/i;

/** Reads the time field of a message, and refuses one that a device with a wrong clock made. */
export function readEventTime(
  found: unknown,
  { format, zone, seenAt }: { readonly format: TimeFormat; readonly zone: string; readonly seenAt: number },
): EventTime {
  if (found === undefined || found === null)
    return { problem: "There is no time in the message: the arrival counts." };
  const at = instantOf(found, format, zone);
  if (at === undefined) return { problem: `${quoted(found)} is no time as "${format}": the arrival counts.` };
  if (at >= seenAt - PAST_MAX_MS && at <= seenAt + FUTURE_MAX_MS) return { at };
  return { problem: `Clock rejected: ${quoted(found)} is too far from the arrival, which counts instead.` };
}

function instantOf(found: unknown, format: TimeFormat, zone: string): number | undefined {
  const number = toNumber(found);
  switch (format) {
    case "seconds":
      return number === undefined ? undefined : Math.round(number * 1_000);
    case "millis":
      return number === undefined ? undefined : Math.round(number);
    case "iso":
      return dateOf(found, undefined);
    case "iso-local":
      return dateOf(found, zone);
    case "auto":
      if (number === undefined) return dateOf(found, zone);
      return Math.round(Math.abs(number) < MILLIS_FROM ? number * 1_000 : number);
  }
}

/** A date with its zone, or without one where `zone` says which is meant. */
function dateOf(found: unknown, zone: string | undefined): number | undefined {
  const {
    date = "",
    clock = "",
    second = "00",
    fraction = "",
    offset,
  } = DATE.exec(typeof found === "string" ? found.trim() : "")?.groups ?? {};
  if (date === "" || (offset === undefined && zone === undefined)) return undefined;
  const ms = fraction.padEnd(3, "0").slice(0, 3);
  const wallMs = Date.parse(`${date}T${clock}:${second}.${ms}Z`);
  if (Number.isNaN(wallMs) || !new Date(wallMs).toISOString().startsWith(date)) return undefined;
  return offset === undefined ? instantsOf(wallMs, zone ?? "UTC")[0] : wallMs - offsetOf(offset);
}

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const digits = text.replace(":", "");
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5));
  return (digits.startsWith("-") ? -minutes : minutes) * 60_000;
}
