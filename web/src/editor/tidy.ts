import type { FlowDocument } from "#flows/flow.ts";
import { type NodeShape, type Point, SPACING, nodeSize } from "./canvas/geometry.ts";
import type { WireEnds } from "./graph.ts";

/** Between cards of one column, in px: room for the live line. */
const ROW_GAP = 56;
const MARGIN = 80;

/** A place for every node: columns from left to right along the wires, each node near what leads to it. */
export function tidy(
  document: FlowDocument,
  wires: readonly WireEnds[],
  shape: (id: string) => NodeShape,
): ReadonlyMap<string, Point> {
  const ids = Object.keys(document.nodes);
  const columns = columnsOf(ids, wires);
  const places = new Map<string, Point>();
  let x = MARGIN;
  for (const column of columns) {
    const wanted = (id: string): number => {
      const above = wires.flatMap(({ from, to }) => (to === id ? [places.get(from)?.y ?? 0] : []));
      const sum = above.reduce((total, y) => total + y, 0);
      return above.length === 0 ? (document.layout?.[id]?.[1] ?? 0) : sum / above.length;
    };
    let y = MARGIN;
    for (const id of column.toSorted((a, b) => wanted(a) - wanted(b))) {
      y = Math.max(y, wanted(id));
      places.set(id, { x, y });
      y += nodeSize(shape(id)).height + ROW_GAP;
    }
    x += Math.max(...column.map((id) => nodeSize(shape(id)).width)) + SPACING;
  }
  return places;
}

/** Nodes by how many wires lie before them on the longest way; a circle, which is a mistake, ends the counting. */
function columnsOf(ids: readonly string[], wires: readonly WireEnds[]): readonly (readonly string[])[] {
  const depths = new Map(ids.map((id) => [id, 0]));
  for (let round = 0; round < ids.length; round++) {
    let changed = false;
    for (const { from, to } of wires) {
      const depth = (depths.get(from) ?? 0) + 1;
      if (depth <= (depths.get(to) ?? 0) || depth > ids.length) continue;
      depths.set(to, depth);
      changed = true;
    }
    if (!changed) break;
  }
  const columns: string[][] = [];
  for (const [id, depth] of depths) (columns[depth] ??= []).push(id);
  return columns.filter((column) => column !== undefined);
}
