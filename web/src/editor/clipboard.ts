import { type FlowDocument, type FlowNode, type Wire, parsePortRef } from "#flows/flow.ts";
import { slugOf } from "#flows/slug.ts";
import { type Point, snap } from "./canvas/geometry.ts";

/** Part of a flow as text: people paste it into issues and chats too. */
export interface Fragment {
  readonly millrace: 1;
  readonly nodes: Readonly<Record<string, FlowNode>>;
  readonly wires: readonly Wire[];
  readonly layout: Readonly<Record<string, readonly [number, number]>>;
}

/** Where a paste without a pointer goes, beside the original. */
const OFFSET = 40;

/** The chosen nodes with the wires among them. */
export function copyNodes(document: FlowDocument, ids: ReadonlySet<string>): Fragment {
  const chosen = new Set(Object.keys(document.nodes).filter((id) => ids.has(id)));
  const pick = <Value>(record: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(record).filter(([id]) => ids.has(id)));
  return {
    millrace: 1,
    nodes: pick(document.nodes),
    wires: document.wires.filter((wire) =>
      [wire.from, wire.to].every((end) => chosen.has(parsePortRef(end).node)),
    ),
    layout: pick(document.layout ?? {}),
  };
}

/** Reads a fragment or a whole flow, or says in a sentence why the text is neither. */
export function readFragment(text: string): { readonly fragment: Fragment } | { readonly problem: string } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { problem: "The clipboard holds no part of a flow." };
  }
  if (!isRecord(parsed) || parsed["millrace"] !== 1 || !isRecord(parsed["nodes"]))
    return { problem: "The clipboard holds JSON, but no part of a Millrace flow." };
  const nodes = parsed["nodes"];
  const broken = Object.entries(nodes).find(
    ([, node]) => !isRecord(node) || typeof node["type"] !== "string",
  );
  if (broken !== undefined) return { problem: `In the clipboard, the node “${broken[0]}” has no type.` };
  const wires = Array.isArray(parsed["wires"]) ? parsed["wires"].filter(isWire) : [];
  const layout = isRecord(parsed["layout"]) ? parsed["layout"] : {};
  return {
    fragment: {
      millrace: 1,
      nodes: nodes as Fragment["nodes"],
      wires,
      layout: Object.fromEntries(
        Object.entries(layout).filter(([, at]) => isPlace(at)),
      ) as Fragment["layout"],
    },
  };
}

/** Adds a fragment under new ids; `at` is where its upper left corner goes. */
export function pasteFragment(
  document: FlowDocument,
  fragment: Fragment,
  at?: Point,
): { readonly document: FlowDocument; readonly ids: ReadonlySet<string> } {
  const names = new Map<string, string>();
  const taken = new Set(Object.keys(document.nodes));
  for (const id of Object.keys(fragment.nodes)) {
    const fresh = slugOf(id, { isTaken: (slug) => taken.has(slug) });
    taken.add(fresh);
    names.set(id, fresh);
  }
  const renamed = (end: string): string => {
    const { node, port } = parsePortRef(end);
    return port === undefined ? (names.get(node) ?? node) : `${names.get(node) ?? node}.${port}`;
  };
  const nodes = Object.entries(fragment.nodes).map(([id, node]) => [names.get(id), node] as const);
  const wires = fragment.wires.filter((wire) =>
    [wire.from, wire.to].every((end) => names.has(parsePortRef(end).node)),
  );
  return {
    ids: new Set(names.values()),
    document: {
      ...document,
      nodes: { ...document.nodes, ...Object.fromEntries(nodes) },
      wires: [...document.wires, ...wires.map(({ from, to }) => ({ from: renamed(from), to: renamed(to) }))],
      layout: { ...document.layout, ...placed(fragment, names, at) },
    },
  };
}

function placed(fragment: Fragment, names: ReadonlyMap<string, string>, at: Point | undefined) {
  const places = Object.values(fragment.layout);
  const left = Math.min(...places.map(([x]) => x), Infinity);
  const top = Math.min(...places.map(([, y]) => y), Infinity);
  const shift =
    at === undefined || places.length === 0 ? { x: OFFSET, y: OFFSET } : { x: at.x - left, y: at.y - top };
  return Object.fromEntries(
    [...names].map(([id, fresh], index) => {
      const [x, y] = fragment.layout[id] ?? [index * OFFSET, index * OFFSET];
      const snapped = snap({ x: x + shift.x, y: y + shift.y });
      return [fresh, [snapped.x, snapped.y] as const];
    }),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWire(value: unknown): value is Wire {
  return isRecord(value) && typeof value["from"] === "string" && typeof value["to"] === "string";
}

function isPlace(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}
