import {
  brokerLimitSpecs,
  type BrokerLimits,
  type ChoiceLimit,
  type LimitName,
  type LimitSpec,
  type LimitUnit,
  type NumberLimit,
} from "./limits.ts";

/** Limits that people set, and a sentence for each one that cannot be used. */
export interface ReadLimits {
  readonly limits: Partial<BrokerLimits>;
  readonly problems: readonly string[];
}

/** Words for multiples, largest first; a bare number is in the unit itself. */
const MULTIPLES: Readonly<Record<"bytes" | "ms", readonly (readonly [word: string, factor: number])[]>> = {
  bytes: [
    ["GiB", 1_024 ** 3],
    ["MiB", 1_024 ** 2],
    ["KiB", 1_024],
  ],
  ms: [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
    ["s", 1_000],
    ["ms", 1],
  ],
};

/** Reads `sendWindow=128, packetBytes=2MiB`; later entries win, and all problems are told at once. */
export function readLimits(text: string): ReadLimits {
  const limits: Partial<Record<LimitName, BrokerLimits[LimitName]>> = {};
  const problems: string[] = [];
  for (const entry of text.split(",")) {
    if (entry.trim() === "") continue;
    const [name = "", value = ""] = entry.split(/=(.*)/s).map((part) => part.trim());
    if (!isLimitName(name)) {
      problems.push(`There is no limit "${name}"; "millrace limits" lists them.`);
      continue;
    }
    const spec: LimitSpec = brokerLimitSpecs[name];
    const read = spec.unit === "choice" ? readChoice(value, spec) : readNumber(value, spec);
    if (read === undefined) problems.push(`The limit ${name} must be ${rangeOf(spec)}, not "${value}".`);
    else limits[name] = read;
  }
  return { limits: limits as Partial<BrokerLimits>, problems };
}

/** Lines of a table for a terminal. */
export function limitLines(): readonly string[] {
  const rows = limitRows().map(({ name, value, meaning }) => [name, value, meaning] as const);
  const nameWidth = Math.max(...rows.map(([name]) => name.length));
  const valueWidth = Math.max(...rows.map(([, value]) => value.length));
  return rows.map(
    ([name, value, meaning]) => `  ${name.padEnd(nameWidth)}  ${value.padStart(valueWidth)}  ${meaning}`,
  );
}

/** The same table in Markdown, for the README. */
export function limitMarkdown(): readonly string[] {
  const rows = limitRows().map(
    ({ name, value, range, meaning }) => `| \`${name}\` | ${value} | ${range} | ${meaning} |`,
  );
  return ["| Limit | Default | Allowed | Meaning |", "| --- | --- | --- | --- |", ...rows];
}

function limitRows() {
  return Object.entries<LimitSpec>(brokerLimitSpecs).map(([name, spec]) => ({
    name,
    value: spec.unit === "choice" ? String(spec.default) : formatLimit(spec.default, spec.unit),
    range: rangeOf(spec),
    meaning: spec.meaning,
  }));
}

function rangeOf(spec: LimitSpec): string {
  if (spec.unit === "choice") return `${spec.choices.slice(0, -1).join(", ")} or ${spec.choices.at(-1)}`;
  return `${formatLimit(spec.min, spec.unit)} to ${formatLimit(spec.max, spec.unit)}`;
}

function readChoice(text: string, { choices }: ChoiceLimit): ChoiceLimit["default"] | undefined {
  return choices.find((choice) => String(choice) === text);
}

function readNumber(text: string, { unit, min, max }: NumberLimit): number | undefined {
  const number = parseLimit(text, unit);
  return number === undefined || number < min || number > max ? undefined : number;
}

function parseLimit(text: string, unit: LimitUnit): number | undefined {
  const [, digits = "", word = ""] = /^(\d+)\s*([a-z]*)$/i.exec(text) ?? [];
  if (digits === "") return undefined;
  if (word === "") return Number(digits);
  const known = multiplesOf(unit).find(([name]) => name.toLowerCase() === word.toLowerCase());
  return known && Number(digits) * known[1];
}

function formatLimit(value: number, unit: LimitUnit): string {
  const [word, factor] = multiplesOf(unit).find(([, each]) => value >= each && value % each === 0) ?? ["", 1];
  const number = (value / factor).toLocaleString("en");
  switch (unit) {
    case "per second":
    case "per minute":
      return `${number} ${unit}`;
    case "seconds":
      return `${number} s`;
    case "bytes":
      return word === "" ? `${number} bytes` : `${number} ${word}`;
    case "bytes per second":
      return `${number} ${word === "" ? "bytes" : word} per second`;
    case "ms":
      return `${number} ${word || "ms"}`;
    case "count":
      return number;
  }
}

function multiplesOf(unit: LimitUnit): readonly (readonly [word: string, factor: number])[] {
  if (unit === "ms") return MULTIPLES.ms;
  return unit === "bytes" || unit === "bytes per second" ? MULTIPLES.bytes : [];
}

function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(brokerLimitSpecs, name);
}
