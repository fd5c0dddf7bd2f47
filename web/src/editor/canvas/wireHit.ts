import type { Point } from "./geometry.ts";

const SAMPLES = 24;

/** How far a point is from a wire's curve, near enough to say what it was dropped on. In px of the flow. */
export function distanceToWire(point: Point, from: Point, to: Point): number {
  const handle = Math.max(36, Math.min(160, Math.abs(to.x - from.x) / 2));
  let nearest = Infinity;
  for (let step = 0; step <= SAMPLES; step++) {
    const t = step / SAMPLES;
    const s = 1 - t;
    const x =
      s ** 3 * from.x + 3 * s ** 2 * t * (from.x + handle) + 3 * s * t ** 2 * (to.x - handle) + t ** 3 * to.x;
    const y = (s ** 3 + 3 * s ** 2 * t) * from.y + (3 * s * t ** 2 + t ** 3) * to.y;
    nearest = Math.min(nearest, Math.hypot(point.x - x, point.y - y));
  }
  return nearest;
}
