import { type Ref, onMounted, onUnmounted } from "vue";
import type { Point } from "./geometry.ts";

/** What a pressed pointer does until it is released. `cancel` restores what was there before. */
export interface Gesture {
  readonly move: (event: PointerEvent) => void;
  readonly end: (event: PointerEvent) => void;
  readonly cancel: () => void;
}

/** What the canvas makes of pointers. */
export interface GestureParts {
  /** A pointer goes down; `undefined` when that starts nothing. */
  readonly begin: (event: PointerEvent) => Gesture | undefined;
  readonly onPinch: (before: readonly [Point, Point], after: readonly [Point, Point]) => void;
  /** A pointer moves with nothing pressed. */
  readonly onHover: (event: PointerEvent) => void;
}

/** Movement below it is a click, in px. */
const CLICK_WITHIN = 4;
const TAP_WITHIN = 10;

/** Whether a pointer has moved far enough since it went down to be dragging. */
export function hasMoved(start: PointerEvent, now: PointerEvent): boolean {
  const reach = start.pointerType === "touch" ? TAP_WITHIN : CLICK_WITHIN;
  return Math.hypot(now.clientX - start.clientX, now.clientY - start.clientY) >= reach;
}

/** Follows the pointers over an element: one drags, two pinch; Esc and a lost pointer undo the drag. */
export function useGestures(root: Readonly<Ref<HTMLElement | null>>, parts: GestureParts): void {
  const fingers = new Map<number, Point>();
  let gesture: Gesture | undefined;
  let pointer: number | undefined;

  function onDown(event: PointerEvent): void {
    if (event.pointerType === "touch") fingers.set(event.pointerId, at(event));
    if (fingers.size === 2) return cancel();
    if (gesture !== undefined) return;
    gesture = parts.begin(event);
    if (gesture === undefined) return;
    pointer = event.pointerId;
    root.value?.setPointerCapture(event.pointerId);
  }

  function onMove(event: PointerEvent): void {
    if (fingers.size === 2 && fingers.has(event.pointerId)) return pinch(event);
    if (gesture === undefined) parts.onHover(event);
    else if (event.pointerId === pointer) gesture.move(event);
  }

  function pinch(event: PointerEvent): void {
    const before = [...fingers.values()];
    fingers.set(event.pointerId, at(event));
    const after = [...fingers.values()];
    if (before[0] && before[1] && after[0] && after[1])
      parts.onPinch([before[0], before[1]], [after[0], after[1]]);
  }

  function onUp(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    if (event.pointerId !== pointer) return;
    const ended = gesture;
    forget();
    ended?.end(event);
  }

  function onLost(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    if (event.pointerId === pointer) cancel();
  }

  function onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || gesture === undefined) return;
    event.stopPropagation();
    cancel();
  }

  function cancel(): void {
    const stopped = gesture;
    forget();
    stopped?.cancel();
  }

  function forget(): void {
    if (pointer !== undefined && root.value?.hasPointerCapture(pointer) === true)
      root.value.releasePointerCapture(pointer);
    gesture = undefined;
    pointer = undefined;
  }

  onMounted(() => {
    const element = root.value;
    element?.addEventListener("pointerdown", onDown);
    element?.addEventListener("pointermove", onMove);
    element?.addEventListener("pointerup", onUp);
    element?.addEventListener("pointercancel", onLost);
    window.addEventListener("keydown", onKey, { capture: true });
  });
  onUnmounted(() => window.removeEventListener("keydown", onKey, { capture: true }));
}

function at({ clientX, clientY }: PointerEvent): Point {
  return { x: clientX, y: clientY };
}
