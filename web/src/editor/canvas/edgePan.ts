import type { Point } from "./geometry.ts";
import type { CanvasView } from "./useView.ts";
import { panBy } from "./viewport.ts";

/** Scrolls the canvas while a drag is near its edge. */
export interface EdgePan {
  at(event: PointerEvent): void;
  stop(): void;
}

const EDGE_PX = 36;
/** px a frame. */
const SPEED = 9;

/** `after` is told of each step, so that what is dragged can keep to the pointer. */
export function createEdgePan(view: CanvasView, after: () => void): EdgePan {
  let frame = 0;
  let speed: Point = { x: 0, y: 0 };

  function step(): void {
    frame = 0;
    if (speed.x === 0 && speed.y === 0) return;
    view.set(panBy(view.view.value, speed.x, speed.y));
    after();
    frame = requestAnimationFrame(step);
  }

  return {
    at(event) {
      const { x, y } = view.local(event);
      const { width, height } = view.size.value;
      speed = { x: speedAt(x, width), y: speedAt(y, height) };
      frame ||= requestAnimationFrame(step);
    },
    stop() {
      cancelAnimationFrame(frame);
      frame = 0;
      speed = { x: 0, y: 0 };
    },
  };
}

function speedAt(place: number, length: number): number {
  if (place < EDGE_PX) return SPEED;
  return place > length - EDGE_PX ? -SPEED : 0;
}
