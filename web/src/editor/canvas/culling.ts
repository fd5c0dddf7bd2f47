import { type Box, overlaps } from "./geometry.ts";

/** Half a screen on each side is kept ready, so that a short pan draws nothing new. */
const RESERVE = 0.5;
/** An area that has become so much larger than the view is not worth its elements. */
const TOO_LARGE = 3;

/** The part of the flow that has elements, for a view; the old one for as long as it serves. */
export function areaFor(visible: Box, before: Box | undefined): Box {
  if (before !== undefined && contains(before, visible) && before.width <= visible.width * TOO_LARGE)
    return before;
  return {
    x: visible.x - visible.width * RESERVE,
    y: visible.y - visible.height * RESERVE,
    width: visible.width * (1 + 2 * RESERVE),
    height: visible.height * (1 + 2 * RESERVE),
  };
}

/** Whether a wire between two boxes can be seen in an area; its curve stays within their common bounds. */
export function wireInArea(from: Box, to: Box, area: Box): boolean {
  const x = Math.min(from.x, to.x);
  const y = Math.min(from.y, to.y);
  const width = Math.max(from.x + from.width, to.x + to.width) - x;
  const height = Math.max(from.y + from.height, to.y + to.height) - y;
  return overlaps({ x, y, width, height }, area);
}

function contains(outer: Box, inner: Box): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}
