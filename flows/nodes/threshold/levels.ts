import { type Severity, severities } from "../../node.ts";

/** One level as the node receives it; `clear` is `set` where it was left out. */
export interface Level {
  readonly severity: Severity;
  readonly set: number;
  readonly clear: number | undefined;
  /** ms. */
  readonly for: number;
  readonly clearFor: number;
}

export type Side = "above" | "below";

/** Where the levels stand. */
export interface Standing {
  /** Bit `i` is set while level `i` is raised. */
  readonly raised: number;
  /** ms since 1970 at which a level began to wait for `for` or `clearFor`; null: it does not. One for each level. */
  readonly since: readonly (number | null)[];
}

/** Nothing raised, nothing waiting. */
export const AT_REST: Standing = Object.freeze({ raised: 0, since: Object.freeze([]) });

/** Where a sample puts the levels. The same object comes back when it changes nothing. */
export function judge(
  standing: Standing,
  value: number,
  { levels, side, nowMs }: { readonly levels: readonly Level[]; readonly side: Side; readonly nowMs: number },
): Standing {
  let { raised } = standing;
  let since: (number | null)[] | undefined;
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index]!;
    const isRaised = (raised & (1 << index)) !== 0;
    const before = standing.since[index] ?? null;
    const isMoving = isRaised ? isBack(value, level, side) : isBeyond(value, level, side);
    let waiting: number | null = null;
    if (isMoving && (isRaised ? level.clearFor : level.for) === 0) raised ^= 1 << index;
    else if (isMoving) waiting = before ?? nowMs;
    if (waiting !== before)
      (since ??= levels.map((_, place) => standing.since[place] ?? null))[index] = waiting;
  }
  return raised === standing.raised && since === undefined
    ? standing
    : { raised, since: tidy(since ?? standing.since) };
}

/** Takes the level of a stored value: no waiting begins. A wait that it confirms goes on. */
export function settle(
  standing: Standing,
  value: number,
  { levels, side }: { readonly levels: readonly Level[]; readonly side: Side },
): Standing {
  let { raised } = standing;
  const since = levels.map((level, index) => {
    const before = standing.since[index] ?? null;
    const isRaised = (raised & (1 << index)) !== 0;
    const isMoving = isRaised ? isBack(value, level, side) : isBeyond(value, level, side);
    if (!isMoving) return null;
    if (before === null) raised ^= 1 << index;
    return before;
  });
  return { raised, since: tidy(since) };
}

/** Ends the waits that are over at `nowMs`. */
export function finishDue(standing: Standing, levels: readonly Level[], nowMs: number): Standing {
  let { raised } = standing;
  const since = standing.since.map((began, index) => {
    if (began === null || deadlineOf(standing, levels, index) > nowMs) return began;
    raised ^= 1 << index;
    return null;
  });
  return { raised, since: tidy(since) };
}

/** When the next wait is over; `Infinity` when nothing waits. ms since 1970. */
export function nextDeadline(standing: Standing, levels: readonly Level[]): number {
  let next = Infinity;
  for (let index = 0; index < standing.since.length; index++)
    next = Math.min(next, deadlineOf(standing, levels, index));
  return next;
}

/** The most severe level that is raised. */
export function activeLevel({ raised }: Standing, levels: readonly Level[]): Level | undefined {
  let active: Level | undefined;
  for (let index = 0; index < levels.length; index++)
    if ((raised & (1 << index)) !== 0 && rankOf(levels[index]) > rankOf(active)) active = levels[index];
  return active;
}

/** How severe a level is; none is the least. */
export function rankOf(level: Pick<Level, "severity"> | undefined): number {
  return level === undefined ? -1 : severities.indexOf(level.severity);
}

/** The limit that a raised level must pass to be lowered. */
export function clearOf({ clear, set }: Level): number {
  return clear ?? set;
}

function isBeyond(value: number, { set }: Level, side: Side): boolean {
  return side === "above" ? value > set : value < set;
}

function isBack(value: number, level: Level, side: Side): boolean {
  return side === "above" ? value < clearOf(level) : value > clearOf(level);
}

function deadlineOf({ raised, since }: Standing, levels: readonly Level[], index: number): number {
  const [began, level] = [since[index] ?? null, levels[index]];
  if (began === null || level === undefined) return Infinity;
  return began + ((raised & (1 << index)) === 0 ? level.for : level.clearFor);
}

function tidy(since: readonly (number | null)[]): readonly (number | null)[] {
  return since.every((began) => began === null) ? AT_REST.since : since;
}
