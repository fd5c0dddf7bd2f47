import { type Level, type Side, type Standing, clearOf } from "./levels.ts";

/** What a sentence about a sample needs to know. */
export interface Judged {
  readonly before: Standing;
  readonly after: Standing;
  readonly value: number;
  readonly levels: readonly Level[];
  readonly side: Side;
  readonly nowMs: number;
}

/** Why a sample did what it did: `held 4:12 of 5:00; broke because 7.9 is not above 8`. */
export function standingText(judged: Judged): string {
  return judged.levels.map((level, index) => levelText(judged, level, index)).join(" ");
}

/** `4:12`, or `1:04:12` from an hour on; what is below a second is shown exactly. */
export function clockText(ms: number): string {
  if (ms < 1_000) return `${ms} ms`;
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const rest = pad(seconds % 60);
  return hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function levelText({ before, after, value, side, nowMs }: Judged, level: Level, index: number): string {
  const wasRaised = (before.raised & (1 << index)) !== 0;
  const isRaised = (after.raised & (1 << index)) !== 0;
  const began = before.since[index] ?? null;
  const waits = after.since[index] ?? null;
  const { name, limit, needMs, comparison } = wasRaised ? clearing(level, side) : raising(level, side);
  const span = clockText(needMs);
  const held = began === null ? "" : `${clockText(nowMs - began)} of ${span}`;
  const fact = `${value} is ${comparison} ${limit}`;
  if (wasRaised !== isRaised) return `${capital(name)}: ${held === "" ? fact : `held ${held}`}.`;
  if (waits !== null && began === null) return `${fact}; ${name} when that has held for ${span}.`;
  if (waits !== null) return `${fact}; held ${held} for ${name}.`;
  const against = `${value} is not ${comparison} ${limit}`;
  return began === null
    ? `${against}; no ${name}.`
    : `${capital(name)} held ${held}; broke because ${against}.`;
}

function raising({ severity, set, for: needMs }: Level, side: Side) {
  return { name: `raise ${severity}`, limit: set, needMs, comparison: side };
}

function clearing(level: Level, side: Side) {
  const comparison = side === "above" ? "below" : "above";
  return { name: `clear ${level.severity}`, limit: clearOf(level), needMs: level.clearFor, comparison };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
