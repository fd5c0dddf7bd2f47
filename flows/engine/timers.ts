import type { TimerChange } from "./runTypes.ts";
import type { FlowState, Slot, Timer } from "./state.ts";

/** Where changes of timers are noted. */
export interface TimerLedger {
  readonly state: FlowState;
  readonly timers: TimerChange[];
}

/** So many cancelled timers of a slot are kept, to be armed again without a new place on the agenda. */
const DORMANT_MAX = 8;

/** Arms a timer, or moves the one of that name. */
export function armTimer(
  ledger: TimerLedger,
  slot: Slot,
  place: Pick<Timer, "flow" | "node" | "key" | "name">,
  due: Pick<Timer, "dueAt" | "armedAt" | "cause" | "hops">,
): void {
  const known = slot.timers?.get(place.name);
  const isMove = known !== undefined && due.dueAt >= known.dueAt;
  if (known === undefined || known.dueAt === Infinity) ledger.state.timerCount++;
  const timer = known ?? { ...place, ...due, verifyBy: undefined, isOverdue: false };
  if (known === undefined) (slot.timers ??= new Map()).set(place.name, timer);
  else Object.assign(known, due, { verifyBy: undefined, isOverdue: false });
  ledger.timers.push({ timer, how: isMove ? "moved" : "armed" });
}

/** Forgets a timer, if one of that name is armed. */
export function cancelTimer(ledger: TimerLedger, slot: Slot, name: string, how: "cancelled" | "fired"): void {
  const timer = slot.timers?.get(name);
  if (timer === undefined || timer.dueAt === Infinity) return;
  timer.dueAt = Infinity;
  // A node that names its timers after its messages would leave one object for each of them.
  if (slot.timers !== undefined && slot.timers.size > DORMANT_MAX) slot.timers.delete(name);
  ledger.state.timerCount--;
  ledger.timers.push({ timer, how });
}
