import { NodeError } from "../errors.ts";
import { limits } from "../limits.ts";

/** A deadline of one node and key. A name keeps its object while it is armed and cancelled again and again. */
export interface Timer {
  readonly flow: string;
  readonly node: string;
  readonly key: string;
  readonly name: string;
  /** ms since 1970; `Infinity` once it is cancelled or has fired. */
  dueAt: number;
  armedAt: number;
  /** Of the message that armed it: a firing carries them on. */
  cause: string;
  hops: number;
  /** Passed while the hub was down: until then it waits for a fresh value to confirm it. */
  verifyBy: number | undefined;
  /** Passed while the hub was down, so its firing is marked late. */
  isOverdue: boolean;
}

/** What one node keeps for one key. */
export interface Slot {
  state: unknown;
  timers: Map<string, Timer> | undefined;
  usedAt: number;
}

/** All that a flow remembers, in memory; rows of the store mirror it. */
export interface FlowState {
  readonly nodes: Map<string, Map<string, Slot>>;
  /** Armed timers, over all nodes. */
  timerCount: number;
  /** Keys forgotten because a node was full. */
  forgottenKeys: number;
}

/** A flow that remembers nothing yet. */
export function createFlowState(): FlowState {
  return { nodes: new Map(), timerCount: 0, forgottenKeys: 0 };
}

/**
 * The slot of a node and key, made if it is not there. A full node forgets the key that was unused for longest;
 * keys with an armed timer are never forgotten. Throws `limit.state` when every key is armed.
 */
export function slotOf(
  flow: FlowState,
  node: string,
  key: string,
  initial: () => unknown,
  nowMs: number,
): Slot {
  let slots = flow.nodes.get(node);
  if (slots === undefined) flow.nodes.set(node, (slots = new Map()));
  let slot = slots.get(key);
  if (slot === undefined) {
    if (slots.size >= limits.keysPerNode) flow.forgottenKeys += forgetOldest(slots);
    slots.set(key, (slot = { state: initial(), timers: undefined, usedAt: nowMs }));
  }
  slot.usedAt = nowMs;
  return slot;
}

/** Forgets keys that were not used for `limits.keyTtlMs` and wait for nothing; tells which. */
export function forgetStale(flow: FlowState, nowMs: number): { node: string; key: string }[] {
  const gone: { node: string; key: string }[] = [];
  for (const [node, slots] of flow.nodes)
    for (const [key, slot] of slots)
      if (nowMs - slot.usedAt > limits.keyTtlMs && !isArmed(slot)) {
        slots.delete(key);
        gone.push({ node, key });
      }
  return gone;
}

/** True while the slot waits for a deadline. */
function isArmed(slot: Slot): boolean {
  return slot.timers !== undefined && [...slot.timers.values()].some(({ dueAt }) => dueAt !== Infinity);
}

/** A hundredth of the keys goes at once, so that a flood of new keys does not search each time. */
function forgetOldest(slots: Map<string, Slot>): number {
  const unused = [...slots]
    .filter(([, slot]) => !isArmed(slot))
    .toSorted((a, b) => a[1].usedAt - b[1].usedAt);
  if (unused.length === 0)
    throw new NodeError(
      "limit.state",
      `The node keeps state for ${slots.size} keys and waits for each of them.`,
    );
  const gone = unused.slice(0, Math.max(1, Math.floor(limits.keysPerNode / 100)));
  for (const [key] of gone) slots.delete(key);
  return gone.length;
}
