import { textBreach } from "./coerce.ts";
import { dateArguments, dateText } from "./dateText.ts";
import { formatDuration } from "./duration.ts";
import { roundTo, toNumber } from "./number.ts";
import { ruleLimits } from "./ruleLimits.ts";
import { valueText } from "./valueText.ts";

/** A filter of templates: `{{payload.t | round: 1}}`. */
export interface Filter {
  /** Names of its arguments, for help. */
  readonly arguments: readonly string[];
  /** How many of them must be given. */
  readonly required: number;
  /** One sentence for people. */
  readonly help: string;
  /** Only `default` gets to see a missing value; all others leave it missing. */
  readonly seesMissing?: boolean;
  /** `undefined` when the value is of no use to the filter: it is then missing. */
  readonly run: (value: unknown, given: readonly unknown[], zone: string) => unknown;
}

const DECIMALS_MAX = 15;

/** Every filter: this one table drives templates, checks and help. */
export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  [
    "default",
    {
      arguments: ["value"],
      required: 1,
      help: "Stands in when there is no value.",
      seesMissing: true,
      run: (value, [other]) => value ?? other,
    },
  ],
  [
    "round",
    {
      arguments: ["decimals"],
      required: 0,
      help: "Rounds a number, to whole ones or to so many decimals.",
      run: (value, [decimals]) => onNumber(value, (number) => roundTo(number, decimalsOf(decimals, 0))),
    },
  ],
  [
    "number",
    {
      arguments: ["decimals"],
      required: 0,
      help: "Writes a number with exactly so many decimals and commas between thousands: 1,234.50.",
      run: (value, [decimals]) => onNumber(value, (number) => numberText(number, decimals)),
    },
  ],
  [
    "upper",
    { arguments: [], required: 0, help: "Upper case.", run: (value) => valueText(value).toUpperCase() },
  ],
  [
    "lower",
    { arguments: [], required: 0, help: "Lower case.", run: (value) => valueText(value).toLowerCase() },
  ],
  [
    "trim",
    {
      arguments: [],
      required: 0,
      help: "Takes white space away from both ends.",
      run: (value) => valueText(value).trim(),
    },
  ],
  [
    "json",
    { arguments: [], required: 0, help: "Writes the value as JSON.", run: (value) => JSON.stringify(value) },
  ],
  [
    "date",
    {
      arguments: ["zone", "format"],
      required: 0,
      help: 'Writes a time (ms since 1970 or an ISO text) as a date, as in date: "Europe/Berlin", "dd MMM HH:mm".',
      run: (value, given, zone) => {
        const chosen = dateArguments(given, zone);
        return dateText(value, chosen.zone, chosen.format);
      },
    },
  ],
  [
    "duration",
    {
      arguments: [],
      required: 0,
      help: "Writes a number of ms as a time span such as 1h30m.",
      run: (value) => onNumber(value, formatDuration),
    },
  ],
  [
    "join",
    {
      arguments: ["separator"],
      required: 0,
      help: "Writes the items of a list one after another, with a comma or another text between.",
      run: (value, [separator]) =>
        Array.isArray(value)
          ? joinedText(value.map(valueText), separator === undefined ? ", " : valueText(separator))
          : undefined,
    },
  ],
  [
    "first",
    { arguments: [], required: 0, help: "The first item or character.", run: (value) => itemAt(value, 0) },
  ],
  [
    "last",
    { arguments: [], required: 0, help: "The last item or character.", run: (value) => itemAt(value, -1) },
  ],
  [
    "length",
    {
      arguments: [],
      required: 0,
      help: "Counts the items of a list, the keys of an object or the characters of a text.",
      run: (value) =>
        (typeof value === "object" && value !== null ? Object.keys(value) : valueText(value)).length,
    },
  ],
  [
    "replace",
    {
      arguments: ["text", "by"],
      required: 2,
      help: "Replaces each occurrence of a text by another.",
      run: (value, [text, by]) => joinedText(valueText(value).split(valueText(text)), valueText(by)),
    },
  ],
  [
    "pad",
    {
      arguments: ["width", "with"],
      required: 1,
      help: "Fills up in front with spaces or another text.",
      run: (value, [width, filler]) =>
        valueText(value).padStart(widthOf(width), filler === undefined ? " " : valueText(filler)),
    },
  ],
  [
    "unit",
    {
      arguments: ["unit"],
      required: 1,
      help: "Adds a unit, and nothing when there is no value.",
      run: (value, [unit]) => `${valueText(value)} ${valueText(unit)}`,
    },
  ],
  [
    "path",
    {
      arguments: [],
      required: 0,
      help: "Allows slashes of the value in a topic.",
      run: (value) => value,
    },
  ],
]);

function onNumber(value: unknown, make: (number: number) => unknown): unknown {
  const number = toNumber(value);
  return number === undefined ? undefined : make(number);
}

function decimalsOf(given: unknown, otherwise: number): number {
  const decimals = toNumber(given) ?? otherwise;
  return Math.max(0, Math.min(DECIMALS_MAX, Math.trunc(decimals)));
}

/** English, whatever the language of the machine: a hub must write the same text everywhere. */
function numberText(number: number, decimals: unknown): string {
  const digits = decimals === undefined ? undefined : decimalsOf(decimals, 0);
  const shown = digits === undefined ? String(number) : roundTo(number, digits).toFixed(digits);
  const [whole = "", ...rest] = shown.split(/(?=[.e])/);
  return whole.replace(/\B(?=(?:\d{3})+$)/g, ",") + rest.join("");
}

/** Measured before it is built: a long separator between very many pieces would be gigabytes. */
function joinedText(pieces: readonly string[], separator: string): string {
  const length = pieces.reduce((sum, piece) => sum + piece.length + separator.length, -separator.length);
  if (length > ruleLimits.textLength) throw textBreach();
  return pieces.join(separator);
}

function itemAt(value: unknown, index: number): unknown {
  const items: readonly unknown[] = Array.isArray(value) ? value : Array.from(valueText(value));
  return items.at(index);
}

function widthOf(given: unknown): number {
  return Math.min(toNumber(given) ?? 0, ruleLimits.textLength);
}
