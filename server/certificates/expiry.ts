/** How near its end something is that must be renewed by hand. */
export type ExpiryStage = "far" | "month" | "fortnight" | "days" | "over";

const DAY_MS = 86_400_000;
const STAGES: readonly (readonly [ExpiryStage, days: number])[] = [
  ["over", 0],
  ["days", 3],
  ["fortnight", 14],
  ["month", 30],
];

/** The stage of an end, as seen now. */
export function expiryStage(expiresAt: number, at: number): ExpiryStage {
  return STAGES.find(([, days]) => expiresAt - at <= days * DAY_MS)?.[0] ?? "far";
}

/** What to tell about it; `undefined` while there is time. */
export function expirySentence(what: string, expiresAt: number, at: number): string | undefined {
  if (expiryStage(expiresAt, at) === "far") return undefined;
  const day = new Date(expiresAt).toISOString().slice(0, 10);
  if (expiresAt <= at) return `${what} has expired on ${day}; clients that check it do not connect any more.`;
  return `${what} expires on ${day}; put a new one in its place before.`;
}
