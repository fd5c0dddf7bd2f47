import { type Ref, onMounted, onUnmounted, ref } from "vue";
import type { Point } from "./geometry.ts";
import type { Direction } from "./walk.ts";

/** What the keys of the canvas do. */
export interface CanvasKeys {
  readonly walk: (direction: Direction, extend: boolean) => void;
  readonly nudge: (by: Point) => void;
  readonly pan: (by: Point) => void;
  readonly zoom: (factor: number) => void;
  readonly run: Readonly<Record<string, () => void>>;
}

const NUDGE = 8;
const NUDGE_FAR = 40;
const PAN = 200;
const ZOOM_STEP = 1.2;
const ARROWS: Readonly<
  Record<string, { readonly direction: Direction; readonly x: number; readonly y: number }>
> = {
  ArrowLeft: { direction: "left", x: -1, y: 0 },
  ArrowRight: { direction: "right", x: 1, y: 0 },
  ArrowUp: { direction: "up", x: 0, y: -1 },
  ArrowDown: { direction: "down", x: 0, y: 1 },
};

/** Key names as `Ctrl+Shift+Z`; on a Mac the command key counts as Ctrl. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  // A shifted sign such as "+" or "?" names itself.
  const shift = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key)) ? "Shift+" : "";
  return control + (event.altKey ? "Alt+" : "") + shift + key;
}

/** Whether somebody types there: single keys then belong to the text. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest("input, textarea, select, [contenteditable=true], [role=dialog], [role=menu]") !== null
  );
}

/** Follows the keys while the canvas has the focus. Gives whether Space is held, which makes every drag a pan. */
export function useCanvasKeys(
  root: Readonly<Ref<HTMLElement | null>>,
  keys: CanvasKeys,
): Readonly<Ref<boolean>> {
  const panning = ref(false);

  function onDown(event: KeyboardEvent): void {
    if (isTyping(event.target)) return;
    if (event.key === " ") {
      event.preventDefault();
      panning.value = true;
      return;
    }
    const arrow = ARROWS[event.key];
    if (arrow !== undefined && !event.altKey) onArrow(event, arrow);
    else onOther(event);
  }

  function onArrow(event: KeyboardEvent, { direction, x, y }: NonNullable<(typeof ARROWS)[string]>): void {
    event.preventDefault();
    const step = event.shiftKey ? NUDGE_FAR : NUDGE;
    if (event.ctrlKey || event.metaKey) keys.nudge({ x: x * step, y: y * step });
    else keys.walk(direction, event.shiftKey);
  }

  function onOther(event: KeyboardEvent): void {
    const page = { PageUp: 1, PageDown: -1 }[event.key];
    const run = keys.run[keyName(event)];
    if (page !== undefined) keys.pan(event.shiftKey ? { x: page * PAN, y: 0 } : { x: 0, y: page * PAN });
    else if (event.key === "+" || event.key === "=") keys.zoom(ZOOM_STEP);
    else if (event.key === "-") keys.zoom(1 / ZOOM_STEP);
    else if (run !== undefined) run();
    else return;
    event.preventDefault();
  }

  const onUp = (event: KeyboardEvent): void => {
    if (event.key === " ") panning.value = false;
  };

  onMounted(() => {
    root.value?.addEventListener("keydown", onDown);
    window.addEventListener("keyup", onUp);
  });
  onUnmounted(() => window.removeEventListener("keyup", onUp));
  return panning;
}
