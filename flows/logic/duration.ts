const unitsMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

type Unit = keyof typeof unitsMs;

const unitsBySize: readonly Unit[] = ["d", "h", "m", "s", "ms"];

/** What people write for a unit. */
const words: ReadonlyMap<string, Unit> = new Map<string, Unit>([
  ["d", "d"],
  ["day", "d"],
  ["days", "d"],
  ["h", "h"],
  ["hr", "h"],
  ["hrs", "h"],
  ["hour", "h"],
  ["hours", "h"],
  ["m", "m"],
  ["min", "m"],
  ["mins", "m"],
  ["minute", "m"],
  ["minutes", "m"],
  ["s", "s"],
  ["sec", "s"],
  ["secs", "s"],
  ["second", "s"],
  ["seconds", "s"],
  ["ms", "ms"],
  ["msec", "ms"],
  ["millisecond", "ms"],
  ["milliseconds", "ms"],
]);

const smaller: Readonly<Record<Unit, Unit | undefined>> = {
  d: "h",
  h: "m",
  m: "s",
  s: undefined,
  ms: undefined,
};
const step = /\s*(\d+(?:\.\d+)?)\s*([a-z]*)/giy;
/** Longer texts are no durations; this bounds the work. */
const LENGTH_MAX = 64;

/**
 * The ms of a text such as `500ms`, `30s`, `1h30m`, `2 min` or `1h30`; `undefined` when it is none. Units fall in
 * size and come once. A number without a unit is one only after a larger unit: `30` alone could mean anything.
 */
export function parseDuration(text: string): number | undefined {
  const source = text.trim();
  if (source === "" || source.length > LENGTH_MAX) return undefined;
  let totalMs = 0;
  let last: Unit | undefined;
  step.lastIndex = 0;
  while (step.lastIndex < source.length) {
    const found = step.exec(source);
    if (found === null) return undefined;
    const [, amount = "", word = ""] = found;
    const unit = word === "" ? last && smaller[last] : words.get(word.toLowerCase());
    if (unit === undefined || (last !== undefined && unitsMs[unit] >= unitsMs[last])) return undefined;
    totalMs += Number(amount) * unitsMs[unit];
    last = unit;
  }
  const roundedMs = Math.round(totalMs);
  return Number.isSafeInteger(roundedMs) ? roundedMs : undefined;
}

/** The shortest exact text of a whole number of ms: `1h30m`, `500ms`, `0s`. Reading it back gives the same ms. */
export function formatDuration(ms: number): string {
  const sign = ms < 0 ? "-" : "";
  let restMs = Math.round(Math.abs(ms));
  if (!Number.isSafeInteger(restMs)) return `${ms}ms`;
  let text = "";
  for (const unit of unitsBySize) {
    const count = Math.floor(restMs / unitsMs[unit]);
    if (count > 0) text += `${count}${unit}`;
    restMs -= count * unitsMs[unit];
  }
  return text === "" ? "0s" : sign + text;
}
