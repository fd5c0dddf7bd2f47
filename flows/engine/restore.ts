import { limits } from "../limits.ts";
import type { Agenda } from "./agenda.ts";
import type { Program, ProgramNode } from "./program.ts";
import { type FlowState, type Slot, type Timer, createFlowState } from "./state.ts";

/** What a store keeps of a flow. */
export interface StoredFlowState {
  readonly states: readonly { readonly node: string; readonly key: string; readonly value: unknown }[];
  readonly timers: readonly StoredTimer[];
}

export type StoredTimer = Pick<Timer, "node" | "key" | "name" | "dueAt" | "armedAt" | "cause" | "hops">;

/** While the hub was down; both ms since 1970. */
export interface Downtime {
  readonly from: number;
  readonly to: number;
}

/** A flow's memory after a restart, and what became of the deadlines that passed meanwhile. */
export interface Restored {
  readonly state: FlowState;
  /** Dropped by the policy `skip`, or because their node is gone. */
  readonly skipped: readonly StoredTimer[];
  /** Moved by the policy `extend`. */
  readonly extended: readonly Timer[];
}

/** Rebuilds the memory of a flow from its rows; deadlines that passed are treated as semantics section 6 says. */
export function restoreState(program: Program, stored: StoredFlowState, downtime: Downtime): Restored {
  const state = createFlowState();
  for (const { node, key, value } of stored.states)
    if (program.nodes.has(node)) slotFor(state, node, key, downtime.to, value);
  const skipped: StoredTimer[] = [];
  const extended: Timer[] = [];
  for (const row of stored.timers) {
    const node = program.nodes.get(row.node);
    if (node === undefined || (node.overdue === "skip" && row.dueAt <= downtime.to)) {
      skipped.push(row);
      continue;
    }
    const timer = timerOf(program.flow.id, row, node, downtime);
    if (timer.dueAt !== row.dueAt) extended.push(timer);
    const initial = node.spec.initial?.() as unknown;
    const slot = slotFor(state, row.node, row.key, downtime.to, initial);
    (slot.timers ??= new Map()).set(row.name, timer);
    state.timerCount++;
  }
  return { state, skipped, extended };
}

/** Puts every armed timer of a flow on an agenda. */
export function scheduleAll(state: FlowState, agenda: Agenda): void {
  for (const slots of state.nodes.values())
    for (const slot of slots.values()) for (const timer of slot.timers?.values() ?? []) agenda.add(timer);
}

/** Takes every timer of a flow off its agenda: their old places come up and find nothing due. */
export function cancelAll(state: FlowState): void {
  for (const slots of state.nodes.values())
    for (const slot of slots.values())
      for (const timer of slot.timers?.values() ?? []) timer.dueAt = Infinity;
}

/** What a deploy would do to the memory of a flow. */
export interface MemoryAfter {
  /** Nodes whose state goes: removed, or of another meaning. */
  readonly reset: readonly string[];
  readonly keptTimers: number;
  readonly droppedTimers: number;
}

/** Tells what a deploy would do to the memory of a flow, without touching it. */
export function memoryAfter(before: Program, after: Program, state: FlowState): MemoryAfter {
  const reset = [...state.nodes.keys()].filter(
    (id) => after.nodes.get(id)?.meaning !== before.nodes.get(id)?.meaning,
  );
  const droppedTimers = reset.reduce((count, id) => count + armedTimers(state.nodes.get(id)), 0);
  return { reset, keptTimers: state.timerCount - droppedTimers, droppedTimers };
}

/** Keeps the state of every node whose id and meaning are unchanged, and takes the timers of the others away. */
export function carryOver(
  before: Program,
  after: Program,
  old: FlowState,
): MemoryAfter & { readonly state: FlowState } {
  const memory = memoryAfter(before, after, old);
  const gone = new Map(memory.reset.map((id) => [id, old.nodes.get(id)!]));
  cancelAll({ ...old, nodes: gone });
  const nodes = new Map([...old.nodes].filter(([id]) => !gone.has(id)));
  return { ...memory, state: { ...old, nodes, timerCount: memory.keptTimers } };
}

function timerOf(flow: string, row: StoredTimer, node: ProgramNode, { from, to }: Downtime): Timer {
  const isExtended = node.overdue === "extend";
  const dueAt = isExtended ? row.dueAt + (to - from) : row.dueAt;
  const isOverdue = dueAt <= to;
  const verifyBy = isOverdue && node.overdue === "verify" ? to + limits.verifyWithinMs : undefined;
  const { key, name, armedAt, cause, hops } = row;
  return { flow, node: row.node, key, name, dueAt, armedAt, cause, hops, verifyBy, isOverdue };
}

function slotFor(state: FlowState, node: string, key: string, usedAt: number, value: unknown): Slot {
  let slots = state.nodes.get(node);
  if (slots === undefined) state.nodes.set(node, (slots = new Map()));
  let slot = slots.get(key);
  if (slot === undefined) slots.set(key, (slot = { state: value, timers: undefined, usedAt }));
  return slot;
}

function armedTimers(slots: ReadonlyMap<string, Slot> | undefined): number {
  let count = 0;
  for (const slot of slots?.values() ?? [])
    for (const { dueAt } of slot.timers?.values() ?? []) if (dueAt !== Infinity) count++;
  return count;
}
