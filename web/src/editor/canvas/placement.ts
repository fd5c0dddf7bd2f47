import { type Box, GRID, type Point, SPACING, type Size, collisionBox, overlaps, snap } from "./geometry.ts";

/** A search that goes further than this would put the node where nobody looks for it. */
const RINGS_AT_MOST = 60;
const STEP = GRID * 3;

/** The free place nearest to the wanted one, going downwards first: flows read from left to right. */
export function freePlace(wanted: Point, size: Size, taken: readonly Box[]): Point {
  const blocked = taken.map(collisionBox);
  const isFree = (at: Point): boolean => !blocked.some((box) => overlaps(box, { ...at, ...size }));
  const start = snap(wanted);
  if (isFree(start)) return start;
  for (let ring = 1; ring <= RINGS_AT_MOST; ring++) {
    const reach = ring * STEP;
    for (const [dx, dy] of [
      [0, reach],
      [0, -reach],
      [reach, 0],
      [reach, reach],
      [reach, -reach],
    ] as const) {
      const at = snap({ x: start.x + dx, y: start.y + dy });
      if (isFree(at)) return at;
    }
  }
  return start;
}

/** Where the next node goes that follows this one. */
export function placeAfter(box: Box): Point {
  return { x: box.x + box.width + SPACING, y: box.y };
}
