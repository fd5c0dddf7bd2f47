import { runtimeLimits } from "./runtimeLimits.ts";

/** Events between the broker's tap and the flows: the tap must return at once, and order must be kept. */
export interface EventQueue<Event> {
  push(event: Event): void;
  /** Handles all that waits, now. */
  drain(): void;
  dropped(): number;
}

export interface EventQueueParts<Event> {
  readonly handle: (event: Event) => void;
  readonly now: () => number;
  /** Whether an event may be given up when the queue is full. */
  readonly isDroppable: (event: Event) => boolean;
}

/** An empty queue; it empties itself right after the turn in which something was pushed. */
export function createEventQueue<Event>({
  handle,
  now,
  isDroppable,
}: EventQueueParts<Event>): EventQueue<Event> {
  let waiting: Event[] = [];
  let head = 0;
  let isScheduled = false;
  let droppedCount = 0;

  function push(event: Event): void {
    if (waiting.length - head >= runtimeLimits.queuedEvents && !makeRoom()) droppedCount++;
    waiting.push(event);
    if (isScheduled) return;
    isScheduled = true;
    queueMicrotask(runSlice);
  }

  /** Gives up the oldest event that may be lost. Without one the queue grows: a publisher waits for an answer. */
  function makeRoom(): boolean {
    const index = waiting.findIndex((event, place) => place >= head && isDroppable(event));
    if (index >= 0) waiting.splice(index, 1);
    return index < 0;
  }

  function runSlice(): void {
    const startMs = now();
    while (head < waiting.length) {
      handle(waiting[head++]!);
      if (now() - startMs > runtimeLimits.sliceMs && head < waiting.length) {
        setImmediate(runSlice);
        return;
      }
    }
    waiting = [];
    head = 0;
    isScheduled = false;
  }

  return {
    push,
    drain() {
      while (head < waiting.length) handle(waiting[head++]!);
    },
    dropped: () => droppedCount,
  };
}
