import { runtimeLimits } from "./runtimeLimits.ts";

/** Events between the broker's tap and the flows: the tap must return at once, and order must be kept. */
export interface EventQueue<Event> {
  push(event: Event): void;
  /** Handles all that waits, now. */
  drain(): void;
  /** Lets events wait until `resume`. */
  pause(): void;
  resume(): void;
  /** More than half full: who can wait should not bring more. */
  isBusy(): boolean;
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
  let isPaused = false;
  let droppedCount = 0;

  function push(event: Event): void {
    if (waiting.length - head >= runtimeLimits.queuedEvents && !makeRoom()) droppedCount++;
    waiting.push(event);
    if (!isScheduled) schedule();
  }

  function schedule(): void {
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
    if (isPaused) return;
    const startMs = now();
    while (head < waiting.length) {
      handle(waiting[head++]!);
      if (now() - startMs > runtimeLimits.sliceMs && head < waiting.length) {
        // Otherwise a hub that is never idle would keep all it has ever handled.
        waiting.splice(0, head);
        head = 0;
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
      if (isPaused) return;
      while (head < waiting.length) handle(waiting[head++]!);
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      schedule();
    },
    isBusy: () => waiting.length - head > runtimeLimits.queuedEvents / 2,
    dropped: () => droppedCount,
  };
}
