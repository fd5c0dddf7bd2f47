import type { FlowDocument } from "#flows/flow.ts";
import type { WireEnds } from "./graph.ts";

/** One row of the outline. A node reached twice stands once; elsewhere is a link to it. */
export interface OutlineRow {
  readonly id: string;
  readonly depth: number;
  /** The output of the node above that leads here; left out where there is only one way on. */
  readonly port?: string;
  readonly link: boolean;
}

/** The flow as an ordered tree: triggers from top to bottom, then depth first along the wires. */
export function outlineOf(
  document: FlowDocument,
  wires: readonly WireEnds[],
  outputsOf: (id: string) => readonly string[],
): readonly OutlineRow[] {
  const rows: OutlineRow[] = [];
  const seen = new Set<string>();
  const targets = new Set(wires.map(({ to }) => to));

  function visit(id: string, depth: number, port?: string): void {
    const link = seen.has(id);
    rows.push({ id, depth, link, ...(port !== undefined && { port }) });
    if (link) return;
    seen.add(id);
    const outputs = outputsOf(id);
    const branches = outputs.filter((name) => name !== "error").length > 1;
    const leaving = wires.filter(({ from }) => from === id);
    for (const { fromPort, to } of leaving.toSorted((a, b) => rank(outputs, a) - rank(outputs, b)))
      visit(to, depth + 1, branches || fromPort === "error" ? fromPort : undefined);
  }

  const ids = Object.keys(document.nodes).toSorted((a, b) => compare(document, a, b));
  for (const id of ids) if (!targets.has(id)) visit(id, 0);
  // What is left stands in a circle; it is a mistake, but it must not be invisible.
  for (const id of ids) if (!seen.has(id)) visit(id, 0);
  return rows;
}

function rank(outputs: readonly string[], { fromPort }: WireEnds): number {
  return outputs.indexOf(fromPort);
}

function compare({ layout }: FlowDocument, a: string, b: string): number {
  const [ax, ay] = layout?.[a] ?? [0, 0];
  const [bx, by] = layout?.[b] ?? [0, 0];
  return ay - by || ax - bx || a.localeCompare(b);
}
