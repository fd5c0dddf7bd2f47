import { type Ref, type ShallowRef, onMounted, onUnmounted, ref, shallowRef } from "vue";
import { areaFor } from "./culling.ts";
import type { Box, Point, Size } from "./geometry.ts";
import { type View, fit, isFar, panBy, toFlow, visibleBox, zoomAt } from "./viewport.ts";

/** The view of one canvas. Pan and zoom write one transform a frame and render nothing. */
export interface CanvasView {
  readonly view: ShallowRef<View>;
  readonly size: ShallowRef<Size>;
  /** The part of the flow that has elements. */
  readonly area: ShallowRef<Box>;
  readonly far: Ref<boolean>;
  set(view: View): void;
  /** A point of an event, relative to the canvas. */
  local(event: { readonly clientX: number; readonly clientY: number }): Point;
  toFlow(event: { readonly clientX: number; readonly clientY: number }): Point;
  zoomBy(factor: number): void;
  fit(box: Box | undefined): void;
  onWheel(event: WheelEvent): void;
  onApply(listener: () => void): void;
}

const GRID_PX = 24;
/** Dots that stand closer than this zoom puts them are a grey, not a grid. */
const SPARSE_BELOW = 0.5;
const WHEEL_ZOOM = 0.0022;
/** A wheel that counts lines instead of px. */
const LINE_PX = 16;

/** Binds a view to the elements of a canvas. */
export function useView(
  root: Readonly<Ref<HTMLElement | null>>,
  layer: Readonly<Ref<HTMLElement | null>>,
): CanvasView {
  const view = shallowRef<View>({ x: 0, y: 0, zoom: 1 });
  const size = shallowRef<Size>({ width: 1, height: 1 });
  const area = shallowRef<Box>({ x: 0, y: 0, width: 0, height: 0 });
  const far = ref(false);
  const listeners: (() => void)[] = [];
  let frame = 0;
  let observer: ResizeObserver | undefined;

  function set(next: View): void {
    view.value = next;
    frame ||= requestAnimationFrame(apply);
  }

  function apply(): void {
    frame = 0;
    const { x, y, zoom } = view.value;
    if (layer.value !== null) layer.value.style.transform = `translate(${x}px, ${y}px) scale(${zoom})`;
    // Not through custom properties: each of them is inherited, so every element below would be styled anew.
    if (root.value !== null) {
      root.value.style.backgroundPosition = `${x}px ${y}px`;
      const gap = GRID_PX * zoom * (zoom < SPARSE_BELOW ? 4 : 1);
      root.value.style.backgroundSize = `${gap}px ${gap}px`;
    }
    far.value = isFar(zoom, far.value);
    area.value = areaFor(visibleBox(view.value, size.value), area.value.width === 0 ? undefined : area.value);
    for (const listener of listeners) listener();
  }

  function measure(): void {
    const element = root.value;
    if (element === null) return;
    size.value = { width: element.clientWidth, height: element.clientHeight };
    frame ||= requestAnimationFrame(apply);
  }

  function local({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }): Point {
    const bounds = root.value?.getBoundingClientRect();
    return { x: clientX - (bounds?.left ?? 0), y: clientY - (bounds?.top ?? 0) };
  }

  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
    const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
    if (event.ctrlKey || event.metaKey) set(zoomAt(view.value, local(event), Math.exp(-dy * WHEEL_ZOOM)));
    else if (event.shiftKey) set(panBy(view.value, -(dy || dx), 0));
    else set(panBy(view.value, -dx, -dy));
  }

  onMounted(() => {
    measure();
    observer = new ResizeObserver(measure);
    if (root.value !== null) observer.observe(root.value);
  });
  onUnmounted(() => {
    observer?.disconnect();
    cancelAnimationFrame(frame);
  });

  return {
    view,
    size,
    area,
    far,
    set,
    local,
    toFlow: (event) => toFlow(view.value, local(event)),
    zoomBy: (factor) =>
      set(zoomAt(view.value, { x: size.value.width / 2, y: size.value.height / 2 }, factor)),
    fit(box) {
      measure();
      if (box !== undefined) set(fit(box, size.value));
    },
    onWheel,
    onApply: (listener) => void listeners.push(listener),
  };
}
