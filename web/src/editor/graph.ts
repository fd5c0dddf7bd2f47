import { type FlowDocument, type FlowNode, parsePortRef } from "#flows/flow.ts";
import type { NodeShape } from "./canvas/geometry.ts";

/** A wire with both its ports named, also those that the document leaves out. */
export interface WireEnds {
  /** The same for two wires only if they are the same wire. */
  readonly key: string;
  readonly index: number;
  readonly from: string;
  readonly fromPort: string;
  readonly to: string;
  readonly toPort: string;
}

/** Tells the ports of a node. */
export type ShapeOf = (node: FlowNode) => NodeShape;

/** The wires of a flow, in the order of the document; those without both nodes are left out. */
export function resolveWires({ nodes, wires }: FlowDocument, shapeOf: ShapeOf): readonly WireEnds[] {
  return wires.flatMap((wire, index) => {
    const [from, to] = [parsePortRef(wire.from), parsePortRef(wire.to)];
    const [source, target] = [nodes[from.node], nodes[to.node]];
    if (source === undefined || target === undefined) return [];
    const fromPort = from.port ?? shapeOf(source).outputs[0] ?? "out";
    const toPort = to.port ?? "in";
    return [{ ...ends(from.node, fromPort, to.node, toPort), index }];
  });
}

/** A wire that may not be in the document yet. */
export function ends(from: string, fromPort: string, to: string, toPort: string): Omit<WireEnds, "index"> {
  return { key: `${from}.${fromPort}>${to}.${toPort}`, from, fromPort, to, toPort };
}

/** Whether a wire between two nodes would close a circle. */
export function closesCircle(
  wires: readonly Pick<WireEnds, "from" | "to">[],
  from: string,
  to: string,
): boolean {
  const seen = new Set<string>();
  const queue = [to];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (node === from) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    for (const wire of wires) if (wire.from === node) queue.push(wire.to);
  }
  return false;
}

/** How a node is called: by its own name, else by its id. */
export function nameOf({ nodes }: FlowDocument, id: string): string {
  return nodes[id]?.name ?? id;
}
