import type { Timer } from "./state.ts";

/**
 * Deadlines in the order in which they must fire: by time, then node id, then key. One structure serves the live hub
 * and the virtual clock, so both fire alike. A deadline that only moves later stays where it is in the heap and is
 * looked at again when its old place comes up: a message that re-arms a timer costs one assignment.
 */
export interface Agenda {
  add(timer: Timer): void;
  /** Takes the next timer that is due; the caller fires it. */
  takeDue(nowMs: number): Timer | undefined;
  /** ms since 1970 of the next deadline, or `Infinity`; may name one that has moved later since. */
  nextAt(): number;
}

interface Entry {
  readonly at: number;
  readonly timer: Timer;
}

/** An empty agenda. */
export function createAgenda(): Agenda {
  const heap: Entry[] = [];
  /** Where a timer stands in the heap; a timer may stand there twice after it moved earlier. */
  const placedAt = new WeakMap<Timer, number>();

  function add(timer: Timer): void {
    const at = fireAt(timer);
    const placed = placedAt.get(timer);
    if (at === Infinity || (placed !== undefined && placed <= at)) return;
    placedAt.set(timer, at);
    push(heap, { at, timer });
  }

  function takeDue(nowMs: number): Timer | undefined {
    for (let first = heap[0]; first !== undefined && first.at <= nowMs; first = heap[0]) {
      pop(heap);
      const { timer, at } = first;
      if (placedAt.get(timer) !== at) continue;
      placedAt.delete(timer);
      // One that has moved later takes its place among the others first, even when it is due by now.
      if (fireAt(timer) <= at) return timer;
      add(timer);
    }
    return undefined;
  }

  return { add, takeDue, nextAt: () => heap[0]?.at ?? Infinity };
}

/** When a timer fires: an overdue one waits for its confirmation. */
function fireAt(timer: Timer): number {
  return timer.dueAt === Infinity ? Infinity : (timer.verifyBy ?? timer.dueAt);
}

function isBefore(a: Entry, b: Entry): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.timer.node !== b.timer.node) return a.timer.node < b.timer.node;
  if (a.timer.key !== b.timer.key) return a.timer.key < b.timer.key;
  return a.timer.flow < b.timer.flow;
}

function push(heap: Entry[], entry: Entry): void {
  let index = heap.push(entry) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[index] = heap[parent]!;
    index = parent;
  }
  heap[index] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (!isBefore(heap[child]!, last)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
}
