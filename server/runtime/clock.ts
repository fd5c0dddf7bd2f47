import type { Agenda } from "#flows/engine/agenda.ts";
import type { Timer } from "#flows/engine/state.ts";
import { runtimeLimits } from "./runtimeLimits.ts";

/** Wakes the runtime when the next deadline of any flow is due: one timer of the host for all of them. */
export interface Clock {
  /** Fires everything that is due; called also before each event, since timers come first at one instant. */
  fireDue(nowMs: number): void;
  /** Deadlines may have been added. */
  look(): void;
  stop(): void;
}

export interface ClockParts {
  readonly agenda: Agenda;
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly fire: (timer: Timer) => void;
}

/** A stopped clock; it starts with the first look. */
export function createClock({ agenda, now, schedule, fire }: ClockParts): Clock {
  let wakesAt = Infinity;
  let cancel: (() => void) | undefined;

  function fireDue(nowMs: number): void {
    for (let timer = agenda.takeDue(nowMs); timer !== undefined; timer = agenda.takeDue(nowMs)) fire(timer);
  }

  function look(): void {
    const nextAt = agenda.nextAt();
    if (nextAt >= wakesAt || nextAt === Infinity) return;
    cancel?.();
    const delayMs = Math.min(Math.max(nextAt - now(), 0), runtimeLimits.sleepMaxMs);
    wakesAt = nextAt;
    cancel = schedule(() => {
      wakesAt = Infinity;
      cancel = undefined;
      const startMs = now();
      fireSlice(startMs);
      look();
    }, delayMs);
  }

  /** Many deadlines at once give way to the network in between. */
  function fireSlice(startMs: number): void {
    for (let timer = agenda.takeDue(now()); timer !== undefined; timer = agenda.takeDue(now())) {
      fire(timer);
      if (now() - startMs > runtimeLimits.sliceMs) return;
    }
  }

  return {
    fireDue,
    look,
    stop() {
      cancel?.();
      wakesAt = Infinity;
    },
  };
}
