import type { Box, Point, Size } from "./geometry.ts";

/** What part of the canvas is seen: a flow point `p` is drawn at `p * zoom + (x, y)`. */
export interface View extends Point {
  readonly zoom: number;
}

/** Room taken by panels over the canvas, in px. */
export interface Insets {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const ZOOM_SMALLEST = 0.1;
const ZOOM_LARGEST = 2;
/** Below the first the canvas is painted, above the second it is drawn with elements; between them it stays. */
const FAR_BELOW = 0.35;
const NEAR_ABOVE = 0.45;
const NO_INSETS: Insets = { left: 0, right: 0, top: 0, bottom: 0 };

/** Where a point of the screen (relative to the canvas) lies in the flow. */
export function toFlow(view: View, { x, y }: Point): Point {
  return { x: (x - view.x) / view.zoom, y: (y - view.y) / view.zoom };
}

/** Where a point of the flow is drawn. */
export function toScreen(view: View, { x, y }: Point): Point {
  return { x: x * view.zoom + view.x, y: y * view.zoom + view.y };
}

/** The view moved by some px of the screen. */
export function panBy(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x + dx, y: view.y + dy };
}

/** The view zoomed so that the flow point under `at` stays there. */
export function zoomAt(view: View, at: Point, factor: number): View {
  const zoom = Math.min(ZOOM_LARGEST, Math.max(ZOOM_SMALLEST, view.zoom * factor));
  const ratio = zoom / view.zoom;
  return { x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio, zoom };
}

/** The view after two fingers moved: what was under them stays under them. */
export function pinch(view: View, before: readonly [Point, Point], after: readonly [Point, Point]): View {
  const [from, to] = [middle(before), middle(after)];
  const zoomed = zoomAt(view, from, distance(after) / Math.max(1, distance(before)));
  return panBy(zoomed, to.x - from.x, to.y - from.y);
}

/** The view that shows a box whole, never larger than life. */
export function fit(box: Box, size: Size, padding = 48): View {
  const wide = (size.width - 2 * padding) / Math.max(1, box.width);
  const high = (size.height - 2 * padding) / Math.max(1, box.height);
  const zoom = Math.min(1, Math.max(ZOOM_SMALLEST, Math.min(wide, high)));
  return {
    zoom,
    x: (size.width - box.width * zoom) / 2 - box.x * zoom,
    y: (size.height - box.height * zoom) / 2 - box.y * zoom,
  };
}

/** The nearest view in which a box lies in the free part of the canvas. */
export function reveal(view: View, size: Size, box: Box, insets: Insets = NO_INSETS): View {
  const pad = 24;
  const near = toScreen(view, box);
  const far = toScreen(view, { x: box.x + box.width, y: box.y + box.height });
  const dx = shift(near.x, far.x, insets.left + pad, size.width - insets.right - pad);
  const dy = shift(near.y, far.y, insets.top + pad, size.height - insets.bottom - pad);
  return dx === 0 && dy === 0 ? view : panBy(view, dx, dy);
}

/** What part of the flow is seen. */
export function visibleBox(view: View, size: Size): Box {
  const corner = toFlow(view, { x: 0, y: 0 });
  return { ...corner, width: size.width / view.zoom, height: size.height / view.zoom };
}

/** Whether to paint rather than to draw with elements; the gap between the limits keeps zooming smooth. */
export function isFar(zoom: number, before: boolean): boolean {
  return before ? zoom < NEAR_ABOVE : zoom < FAR_BELOW;
}

function middle([a, b]: readonly [Point, Point]): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distance([a, b]: readonly [Point, Point]): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function shift(near: number, far: number, low: number, high: number): number {
  if (near < low) return low - near;
  return far > high ? Math.max(high - far, low - near) : 0;
}
