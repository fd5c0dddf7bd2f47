import type { Slot, Timer } from "#flows/engine/state.ts";
import type { DeployedFlow } from "./deployedFlow.ts";
import type { StateRow, TimerRow } from "./parts.ts";

/** Rows for one commit, of one flow or of several. */
export interface Rows {
  readonly states: StateRow[];
  readonly timers: TimerRow[];
}

/** What flows know and the disk does not: state that changed, and deadlines that moved. */
export interface Unwritten {
  noteMoved(flow: DeployedFlow, timer: Timer): void;
  /** All that a flow remembers has been handed to the disk. */
  isNothing(flow: DeployedFlow): boolean;
  /** Adds all that is unwritten of a flow to the rows, and `timers` with it. */
  take(flow: DeployedFlow, timers: readonly Timer[], rows: Rows): void;
}

/** Nothing is unwritten yet. */
export function createUnwritten(): Unwritten {
  const movedTimers = new Map<DeployedFlow, Set<Timer>>();

  return {
    noteMoved(flow, timer) {
      const timers = movedTimers.get(flow) ?? new Set();
      movedTimers.set(flow, timers.add(timer));
    },
    isNothing: (flow) => flow.dirty.size === 0 && !movedTimers.has(flow),
    take(flow, timers, rows) {
      for (const [slot, { node, key }] of flow.dirty) rows.states.push(stateRow(flow.id, node, key, slot));
      flow.dirty.clear();
      for (const timer of new Set([...(movedTimers.get(flow) ?? []), ...timers]))
        rows.timers.push(timerRow(timer));
      movedTimers.delete(flow);
    },
  };
}

function stateRow(flow: string, node: string, key: string, slot: Slot): StateRow {
  return { flow, node, key, value: slot.state === undefined ? null : JSON.stringify(slot.state) };
}

function timerRow({ flow, node, key, name, dueAt, armedAt, cause, hops }: Timer): TimerRow {
  return { flow, node, key, timer: name, dueAt: dueAt === Infinity ? null : dueAt, armedAt, cause, hops };
}
