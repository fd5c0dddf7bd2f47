import type { WireEnds } from "../graph.ts";
import type { Point } from "./geometry.ts";

export type Direction = "left" | "right" | "up" | "down";

/** A place beside is as far as two above or below: people think in columns. */
const SIDEWAYS_WEIGHT = 2;

/** Where an arrow key leads: left and right follow the wires, up and down go to the nearest node there. */
export function neighbour(
  from: string,
  direction: Direction,
  { wires, places }: { readonly wires: readonly WireEnds[]; readonly places: ReadonlyMap<string, Point> },
): string | undefined {
  const here = places.get(from);
  if (here === undefined) return undefined;
  if (direction === "right" || direction === "left") {
    const joined = wires.flatMap((wire) => {
      if (direction === "right") return wire.from === from ? [wire.to] : [];
      return wire.to === from ? [wire.from] : [];
    });
    return nearest(here, joined, places);
  }
  const sign = direction === "down" ? 1 : -1;
  const beyond = [...places].flatMap(([id, { y }]) => ((y - here.y) * sign > 0 ? [id] : []));
  return nearest(here, beyond, places);
}

/** The node that takes the focus when this one goes: upstream, else downstream, else the nearest. */
export function successor(
  gone: ReadonlySet<string>,
  from: string,
  graph: { readonly wires: readonly WireEnds[]; readonly places: ReadonlyMap<string, Point> },
): string | undefined {
  const upstream = graph.wires.find(({ from: source, to }) => to === from && !gone.has(source))?.from;
  const downstream = graph.wires.find(({ from: source, to }) => source === from && !gone.has(to))?.to;
  const here = graph.places.get(from);
  const rest = [...graph.places.keys()].filter((id) => !gone.has(id));
  return upstream ?? downstream ?? (here === undefined ? undefined : nearest(here, rest, graph.places));
}

function nearest(
  here: Point,
  ids: readonly string[],
  places: ReadonlyMap<string, Point>,
): string | undefined {
  const distance = (id: string): number => {
    const { x, y } = places.get(id) ?? here;
    return Math.abs(x - here.x) * SIDEWAYS_WEIGHT + Math.abs(y - here.y);
  };
  return ids.toSorted((a, b) => distance(a) - distance(b))[0];
}
