import { type FlowDocument, type FlowNode, type Wire, parsePortRef } from "#flows/flow.ts";
import { slugOf } from "#flows/slug.ts";
import { type Point, snap } from "./canvas/geometry.ts";
import { type ShapeOf, type WireEnds, closesCircle, nameOf, resolveWires } from "./graph.ts";

/**
 * Every edit is a function from a document to a document that shares all it did not touch; the same document comes
 * back where nothing changes. Undo is then a list of references.
 */
export interface Added {
  readonly document: FlowDocument;
  readonly id: string;
}

/** Adds a node; its id follows from its title, so that people can read it in a diff. */
export function addNode(document: FlowDocument, node: FlowNode, title: string, at: Point): Added {
  const id = slugOf(title, { isTaken: (slug) => Object.hasOwn(document.nodes, slug) });
  const { x, y } = snap(at);
  return {
    id,
    document: {
      ...document,
      nodes: { ...document.nodes, [id]: node },
      layout: { ...document.layout, [id]: [x, y] },
    },
  };
}

/** Changes a node; a property given as `undefined` is removed. */
export function patchNode(
  document: FlowDocument,
  id: string,
  patch: { readonly [Key in keyof FlowNode]?: FlowNode[Key] | undefined },
): FlowDocument {
  const node = document.nodes[id];
  if (node === undefined) return document;
  const merged = Object.entries({ ...node, ...patch }).filter(([, value]) => value !== undefined);
  return {
    ...document,
    nodes: { ...document.nodes, [id]: Object.fromEntries(merged) as unknown as FlowNode },
  };
}

/** Changes one setting; `undefined` removes it, so that the default counts again. */
export function setSetting(document: FlowDocument, id: string, name: string, value: unknown): FlowDocument {
  const before = document.nodes[id]?.config ?? {};
  const { [name]: _old, ...rest } = before;
  const config = value === undefined ? rest : { ...before, [name]: value };
  return patchNode(document, id, { config: Object.keys(config).length === 0 ? undefined : config });
}

/** Puts nodes elsewhere. */
export function moveNodes(document: FlowDocument, places: ReadonlyMap<string, Point>): FlowDocument {
  if (places.size === 0) return document;
  const moved = [...places].map(([id, at]) => {
    const { x, y } = snap(at);
    return [id, [x, y]] as const;
  });
  return { ...document, layout: { ...document.layout, ...Object.fromEntries(moved) } };
}

/** Adds a wire, or says in a sentence why it cannot be. */
export function connect(
  document: FlowDocument,
  wire: Omit<WireEnds, "index">,
  shapeOf: ShapeOf,
): { readonly document: FlowDocument } | { readonly refusal: string } {
  const refusal = whyNot(document, wire, shapeOf);
  if (refusal !== undefined) return { refusal };
  return { document: { ...document, wires: [...document.wires, stored(document, wire, shapeOf)] } };
}

/** Cuts wires. */
export function disconnect(
  document: FlowDocument,
  keys: ReadonlySet<string>,
  shapeOf: ShapeOf,
): FlowDocument {
  const cut = new Set(
    resolveWires(document, shapeOf).flatMap(({ key, index }) => (keys.has(key) ? [index] : [])),
  );
  return cut.size === 0
    ? document
    : { ...document, wires: document.wires.filter((_, index) => !cut.has(index)) };
}

/** Removes nodes with their wires. The wire through a single removed node heals where there is one way through. */
export function removeNodes(
  document: FlowDocument,
  ids: ReadonlySet<string>,
  shapeOf: ShapeOf,
): FlowDocument {
  const wires = resolveWires(document, shapeOf);
  const gone = (wire: Wire): boolean =>
    ids.has(parsePortRef(wire.from).node) || ids.has(parsePortRef(wire.to).node);
  const without: FlowDocument = {
    ...document,
    nodes: omit(document.nodes, ids),
    wires: document.wires.filter((wire) => !gone(wire)),
    ...(document.layout !== undefined && { layout: omit(document.layout, ids) }),
  };
  const [only] = ids.size === 1 ? [...ids] : [];
  if (only === undefined) return without;
  const arriving = wires.filter(({ to }) => to === only);
  const leaving = wires.filter(({ from }) => from === only);
  if (arriving.length !== 1 || new Set(leaving.map(({ fromPort }) => fromPort)).size !== 1) return without;
  const [source] = arriving;
  return leaving.reduce((healed, { to, toPort }) => {
    if (source === undefined) return healed;
    const wire = { key: "", from: source.from, fromPort: source.fromPort, to, toPort };
    const joined = connect(healed, wire, shapeOf);
    return "document" in joined ? joined.document : healed;
  }, without);
}

/** Puts a node into a wire: what the wire joined is joined through it. */
export function splice(document: FlowDocument, key: string, id: string, shapeOf: ShapeOf): FlowDocument {
  const wire = resolveWires(document, shapeOf).find((other) => other.key === key);
  const node = document.nodes[id];
  if (wire === undefined || node === undefined) return document;
  const { inputs, outputs } = shapeOf(node);
  const [input, output] = [inputs[0], outputs[0]];
  if (input === undefined || output === undefined) return document;
  const open = disconnect(document, new Set([key]), shapeOf);
  const parts = [
    { key: "", from: wire.from, fromPort: wire.fromPort, to: id, toPort: input },
    { key: "", from: id, fromPort: output, to: wire.to, toPort: wire.toPort },
  ];
  return parts.reduce((joined, part) => {
    const result = connect(joined, part, shapeOf);
    return "document" in result ? result.document : joined;
  }, open);
}

function whyNot(document: FlowDocument, wire: Omit<WireEnds, "index">, shapeOf: ShapeOf): string | undefined {
  const { from, fromPort, to, toPort } = wire;
  const [source, target] = [document.nodes[from], document.nodes[to]];
  if (source === undefined || target === undefined) return "One of the two nodes is gone.";
  if (from === to) return "A node cannot lead to itself.";
  if (!shapeOf(target).inputs.includes(toPort))
    return `“${nameOf(document, to)}” is a trigger: nothing leads into it.`;
  const wires = resolveWires(document, shapeOf);
  const same = wires.some(
    (other) =>
      other.from === from && other.fromPort === fromPort && other.to === to && other.toPort === toPort,
  );
  if (same) return "These two are connected already.";
  if (closesCircle(wires, from, to))
    return `“${nameOf(document, to)}” already leads to “${nameOf(document, from)}”; this wire would close a circle.`;
  return undefined;
}

/** The short form of the document: first output and the input `in` are not named. */
function stored(document: FlowDocument, wire: Omit<WireEnds, "index">, shapeOf: ShapeOf): Wire {
  const source = document.nodes[wire.from];
  const isFirst = source !== undefined && shapeOf(source).outputs[0] === wire.fromPort;
  return {
    from: isFirst ? wire.from : `${wire.from}.${wire.fromPort}`,
    to: wire.toPort === "in" ? wire.to : `${wire.to}.${wire.toPort}`,
  };
}

function omit<Value>(
  record: Readonly<Record<string, Value>>,
  ids: ReadonlySet<string>,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([id]) => !ids.has(id)));
}
