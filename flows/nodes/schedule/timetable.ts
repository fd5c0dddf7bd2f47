import { Cron } from "croner";
import { DAY_MS, instantsOf, offsetMsAt, wallMsAt } from "../localTime.ts";

/** When a schedule is due. Times are ms since 1970. */
export interface Timetable {
  /** The first time after an instant; `undefined` when there is none any more. */
  next(afterMs: number): number | undefined;
}

/** Clock changes within this distance of an instant may move a wall time near it. */
const CHANGE_WITHIN_MS = 36 * 3_600_000;
/** 1970-01-01 was a Thursday: three days earlier a week began. */
const MONDAY_SHIFT_DAYS = 3;
/** Candidates looked at around a clock change; one for each minute of two days is the most there can be. */
const CANDIDATES_MAX = 3_000;
/** Days without a match on the wanted weekdays before a schedule counts as over. */
const DAYS_MAX = 1_000;

/**
 * A cron line on the wall clock of a zone. Why not the library's own zones: there, minute lists decide whether a job
 * is skipped or repeated at a clock change. Here a skipped time is due at the first instant after the gap, and in the
 * repeated hour a fixed hour is due once, one with `*` or `/` twice.
 */
export function cronTimetable(line: string, zone: string): Timetable {
  const cron = new Cron(line, { paused: true, timezone: "UTC", mode: "5-part" });
  const isFixedHour = !/[*/]/.test(line.split(/\s+/)[1] ?? "*");
  const nextWall = (wallMs: number): number | undefined => cron.nextRun(new Date(wallMs))?.getTime();
  const dueAt = (wallMs: number): readonly number[] =>
    isFixedHour ? instantsOf(wallMs, zone).slice(0, 1) : instantsOf(wallMs, zone);

  function nearChange(afterMs: number): number | undefined {
    const offsets = [-CHANGE_WITHIN_MS, CHANGE_WITHIN_MS].map((shift) => offsetMsAt(afterMs + shift, zone));
    let best = Infinity;
    let wallMs = nextWall(afterMs + Math.min(...offsets) - 1);
    for (let count = 0; wallMs !== undefined && count < CANDIDATES_MAX; count++) {
      if (wallMs - Math.max(...offsets) >= best) break;
      for (const instant of dueAt(wallMs)) if (instant > afterMs && instant < best) best = instant;
      wallMs = nextWall(wallMs);
    }
    return best === Infinity ? undefined : best;
  }

  return {
    next(afterMs) {
      const offset = offsetMsAt(afterMs, zone);
      const wallMs = nextWall(afterMs + offset);
      if (wallMs === undefined) return nearChange(afterMs);
      const instant = wallMs - offset;
      const isPlain =
        instant - afterMs < DAY_MS && offsetMsAt(instant, zone) === offset && dueAt(wallMs).includes(instant);
      return isPlain ? instant : nearChange(afterMs);
    },
  };
}

/** Every so many ms from local midnight on, or every so many whole days at local midnight. */
export function everyTimetable(everyMs: number, zone: string): Timetable {
  const midnight = (day: number): number => instantsOf(day * DAY_MS, zone)[0] ?? day * DAY_MS;
  return {
    next(afterMs) {
      const today = Math.floor(wallMsAt(afterMs, zone) / DAY_MS);
      if (everyMs < DAY_MS) {
        const passed = Math.floor((afterMs - midnight(today)) / everyMs);
        return Math.min(midnight(today) + (passed + 1) * everyMs, midnight(today + 1));
      }
      const days = everyMs / DAY_MS;
      const period = Math.floor((today + MONDAY_SHIFT_DAYS) / days);
      return midnight((period + 1) * days - MONDAY_SHIFT_DAYS);
    },
  };
}

/** The times of a timetable that fall on some weekdays; 1 is Monday. */
export function onWeekdays(times: Timetable, weekdays: ReadonlySet<number>, zone: string): Timetable {
  return {
    next(afterMs) {
      let due = times.next(afterMs);
      for (let count = 0; due !== undefined && count < DAYS_MAX; count++) {
        const day = Math.floor(wallMsAt(due, zone) / DAY_MS);
        if (weekdays.has(weekdayOf(day))) return due;
        due = times.next((instantsOf((day + 1) * DAY_MS, zone)[0] ?? due) - 1);
      }
      return undefined;
    },
  };
}

/** Of a day since 1970; 1 is Monday. */
export function weekdayOf(day: number): number {
  return ((((day + MONDAY_SHIFT_DAYS) % 7) + 7) % 7) + 1;
}
