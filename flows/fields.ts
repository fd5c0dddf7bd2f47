import { Cron } from "croner";
import type { ConfigOf, Field, FieldOptions, Fields, Report, StoredOf } from "./field.ts";
import { limits } from "./limits.ts";
import { formatDuration, parseDuration } from "./logic/duration.ts";
import { pointer, quoted } from "./problem.ts";
import { readConfig } from "./config.ts";
import type { DeviceSelector } from "./deviceSelector.ts";

/** A text on one line. */
export function text(
  label: string,
  options: FieldOptions<string> & { readonly lengthMax?: number } = {},
): Field<string, string> {
  const { lengthMax = 1_000, ...rest } = options;
  return {
    kind: "text",
    label,
    ...rest,
    schema: { type: "string", maxLength: lengthMax },
    read: (stored, report) => readText(stored, lengthMax, report),
  };
}

export interface NumberOptions extends FieldOptions<number> {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly integer?: boolean;
  readonly unit?: string;
}

/** A finite number, within its limits. */
export function number(label: string, options: NumberOptions = {}): Field<number, number> {
  const { integer = false, ...rest } = options;
  const { minimum = -Infinity, maximum = Infinity } = rest;
  return {
    kind: "number",
    label,
    ...rest,
    schema: {
      type: integer ? "integer" : "number",
      ...(minimum > -Infinity && { minimum }),
      ...(maximum < Infinity && { maximum }),
    },
    read(stored, report) {
      if (typeof stored !== "number" || !Number.isFinite(stored)) {
        report(`${label} must be a number, not ${quoted(stored)}.`, { code: "config.type" });
        return 0;
      }
      if (integer && !Number.isInteger(stored))
        report(`${label} must be a whole number, not ${stored}.`, { code: "config.type" });
      if (stored < minimum || stored > maximum)
        report(`${label} must be ${rangeText(minimum, maximum)}, not ${stored}.`, { code: "config.range" });
      return stored;
    },
  };
}

/** Yes or no. */
export function flag(label: string, options: FieldOptions<boolean> = {}): Field<boolean, boolean> {
  return {
    kind: "flag",
    label,
    ...options,
    schema: { type: "boolean" },
    read(stored, report) {
      if (typeof stored !== "boolean")
        report(`${label} must be true or false, not ${quoted(stored)}.`, { code: "config.type" });
      return stored === true;
    },
  };
}

/** One of a few words, each with the text that the form shows for it. */
export function choice<const Word extends string>(
  label: string,
  titles: readonly (readonly [Word, string])[],
  settings: FieldOptions<NoInfer<Word>> = {},
): Field<Word, Word> {
  const options = titles.map(([value, title]) => ({ value, title }));
  return {
    kind: "choice",
    label,
    ...settings,
    options,
    schema: { type: "string", enum: options.map(({ value }) => value) },
    read(stored, report) {
      if (!options.some(({ value }) => value === stored)) reportWord(label, stored, options, report);
      return stored as Word;
    },
  };
}

/** Some of a few words, in the order of the document. */
export function choices<const Word extends string>(
  label: string,
  titles: readonly (readonly [Word, string])[],
  settings: FieldOptions<readonly NoInfer<Word>[]> = {},
): Field<readonly Word[], readonly Word[]> {
  const options = titles.map(([value, title]) => ({ value, title }));
  return {
    kind: "choices",
    label,
    ...settings,
    options,
    schema: {
      type: "array",
      items: { type: "string", enum: options.map(({ value }) => value) },
      minItems: 1,
      uniqueItems: true,
    },
    read(stored, report) {
      if (!Array.isArray(stored) || stored.length === 0) {
        report(`${label} must name at least one of: ${words(options)}.`, { code: "config.choice" });
        return [];
      }
      stored.forEach((word: unknown, index) => {
        if (!options.some(({ value }) => value === word))
          reportWord(label, word, options, report, pointer(index));
        else if (stored.indexOf(word) < index)
          report(`${label} names ${quoted(word)} twice.`, { code: "config.choice", at: pointer(index) });
      });
      return stored as readonly Word[];
    },
  };
}

export interface DurationOptions extends FieldOptions<string> {
  readonly minimumMs?: number;
  readonly maximumMs?: number;
}

/** A time span, stored as `500ms`, `30s`, `5m`, `2h`, `1d` or a sum such as `1h30m`; the node receives ms. */
export function duration(label: string, options: DurationOptions = {}): Field<number, string> {
  const { minimumMs = 0, maximumMs = limits.durationMs, ...rest } = options;
  return {
    kind: "duration",
    label,
    ...rest,
    schema: { type: "string" },
    read(stored, report) {
      const ms = typeof stored === "string" ? parseDuration(stored) : undefined;
      if (ms === undefined) {
        report(`${label} must be a time span such as 30s, 5m or 2h, not ${quoted(stored)}.`, {
          code: "config.duration",
        });
        return 0;
      }
      if (ms < minimumMs || ms > maximumMs)
        report(
          `${label} must be between ${formatDuration(minimumMs)} and ${formatDuration(maximumMs)}, not ${stored as string}.`,
          { code: "config.range" },
        );
      return ms;
    },
  };
}

/** A time span, or `auto`: the node then finds a fitting one by itself. */
export function durationOrAuto(label: string, options: DurationOptions = {}): Field<number | "auto", string> {
  const span = duration(label, options);
  return { ...span, read: (stored, report) => (stored === "auto" ? "auto" : span.read(stored, report)) };
}

const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** A time of day, stored as `HH:MM` or `HH:MM:SS`; the node receives seconds since midnight. */
export function clock(label: string, options: FieldOptions<string> = {}): Field<number, string> {
  return {
    kind: "clock",
    label,
    ...options,
    schema: { type: "string", pattern: CLOCK.source },
    read(stored, report) {
      const [, hours, minutes, seconds = "0"] = CLOCK.exec(typeof stored === "string" ? stored : "") ?? [];
      if (hours === undefined)
        report(`${label} must be a time of day such as 06:30, not ${quoted(stored)}.`, {
          code: "config.clock",
        });
      return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    },
  };
}

/** An IANA time zone. */
export function zone(label: string, options: FieldOptions<string> = {}): Field<string, string> {
  return {
    kind: "zone",
    label,
    ...options,
    schema: { type: "string" },
    read(stored, report) {
      if (typeof stored !== "string" || !isZone(stored))
        report(`${label} must be a time zone such as Europe/Berlin, not ${quoted(stored)}.`, {
          code: "config.zone",
        });
      return String(stored);
    },
  };
}

/** A cron line of five fields. */
export function cron(label: string, options: FieldOptions<string> = {}): Field<string, string> {
  return {
    kind: "cron",
    label,
    ...options,
    schema: { type: "string" },
    read(stored, report) {
      const line = typeof stored === "string" ? stored.trim() : "";
      const problem = cronProblem(line);
      if (problem !== undefined)
        report(
          `${label} must be a cron line of five fields such as "30 6 * * 1-5", not ${quoted(stored)}: ${problem}.`,
          {
            code: "config.cron",
          },
        );
      return line;
    },
  };
}

/** Any JSON. */
export function json(label: string, options: FieldOptions<unknown> = {}): Field {
  return { kind: "json", label, ...options, schema: {}, read: (stored) => stored };
}

/** The id of a channel; whether it exists is known only to the hub. */
export function channel(label: string, options: FieldOptions<string> = {}): Field<string, string> {
  return { ...text(label, options), kind: "channel" };
}

/** One device, several, or `*` for all; stored as a text or a list of ids. */
export function device(
  label: string,
  options: FieldOptions<string | readonly string[]> = {},
): Field<DeviceSelector, string | readonly string[]> {
  return {
    kind: "device",
    label,
    ...options,
    schema: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }] },
    read(stored, report) {
      const ids = typeof stored === "string" ? [stored] : stored;
      if (!Array.isArray(ids) || ids.length === 0 || ids.some((id) => typeof id !== "string" || id === ""))
        report(`${label} must be a device id, a list of them, or "*" for all, not ${quoted(stored)}.`, {
          code: "config.device",
        });
      return { all: stored === "*", ids: Array.isArray(ids) ? (ids as string[]) : [] };
    },
  };
}

/** A list of rows, each with the same few fields. */
export function rows<F extends Fields>(
  label: string,
  fields: F,
  options: FieldOptions<readonly StoredOf<F>[]> & { readonly minimum: number; readonly maximum: number },
): Field<readonly ConfigOf<F>[], readonly StoredOf<F>[]> {
  const { minimum, maximum } = options;
  return {
    kind: "rows",
    label,
    ...options,
    fields,
    schema: { type: "array", items: { type: "object" }, minItems: minimum, maxItems: maximum },
    read(stored, report) {
      if (!Array.isArray(stored) || stored.length < minimum || stored.length > maximum) {
        report(`${label} must be a list of ${rangeText(minimum, maximum)} rows.`, { code: "config.range" });
        return [];
      }
      return stored.map((row: unknown, index) =>
        readConfig(fields, row, ({ message, code, severity, path }) =>
          report(`Row ${index + 1}: ${message}`, { code, severity, at: pointer(index) + path }),
        ),
      ) as ConfigOf<F>[];
    },
  };
}

function readText(stored: unknown, lengthMax: number, report: Report): string {
  if (typeof stored !== "string") {
    report(`This must be a text, not ${quoted(stored)}.`, { code: "config.type" });
    return "";
  }
  if (stored.length > lengthMax)
    report(`This text has ${stored.length} characters; at most ${lengthMax} are allowed.`, {
      code: "config.range",
    });
  return stored;
}

function reportWord(
  label: string,
  stored: unknown,
  options: readonly { readonly value: string }[],
  report: Report,
  at = "",
): void {
  report(`${label} must be one of ${words(options)}, not ${quoted(stored)}.`, { code: "config.choice", at });
}

function words(options: readonly { readonly value: string }[]): string {
  return options.map(({ value }) => value).join(", ");
}

function rangeText(minimum: number, maximum: number): string {
  if (minimum === -Infinity) return `at most ${maximum}`;
  return maximum === Infinity ? `at least ${minimum}` : `${minimum} to ${maximum}`;
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function cronProblem(line: string): string | undefined {
  if (line.split(/\s+/).length !== 5) return "it needs minute, hour, day, month and weekday";
  try {
    return new Cron(line, { paused: true }).getPattern() === undefined ? "it is empty" : undefined;
  } catch (error) {
    return error instanceof Error
      ? error.message.replace(/^CronPattern:\s*/, "").replace(/\.$/, "")
      : "unknown";
  }
}
