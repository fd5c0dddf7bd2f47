import type { FlowEditor } from "../flowEditor.ts";
import { placeIn, shapeIn } from "./canvasHost.ts";
import { type Point, inPoint, outPoint } from "./geometry.ts";

const SAMPLES = 24;
/** A wire is hit this near, in px of the flow. */
const HIT_WITHIN = 26;

/** The wire nearest to a point, if one is near enough; those of the node `except` do not count. */
export function wireAt(editor: FlowEditor, point: Point, except?: string): string | undefined {
  const near = editor.wires.value
    .filter(({ from, to }) => from !== except && to !== except)
    .map(({ key, from, fromPort, to, toPort }) => ({
      key,
      distance: distanceToWire(
        point,
        outPoint(placeIn(editor, from), shapeIn(editor, from), fromPort),
        inPoint(placeIn(editor, to), shapeIn(editor, to), toPort),
      ),
    }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance < HIT_WITHIN ? near.key : undefined;
}

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
