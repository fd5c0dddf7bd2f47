import type { FlowDocument, FlowNode } from "#flows/flow.ts";

/** One thing that a deploy would change, in words; moved nodes and tests change nothing. */
export interface Change {
  readonly kind: "added" | "changed" | "removed";
  readonly text: string;
  readonly node?: string;
}

/** What differs between what runs and the draft. */
export function changesBetween(deployed: FlowDocument | null, draft: FlowDocument): readonly Change[] {
  if (deployed === null) return Object.entries(draft.nodes).map(([id, node]) => added(id, node));
  const changes: Change[] = [];
  for (const [id, node] of Object.entries(draft.nodes)) {
    const before = deployed.nodes[id];
    if (before === undefined) changes.push(added(id, node));
    else changes.push(...nodeChanges(id, before, node));
  }
  for (const [id, node] of Object.entries(deployed.nodes))
    if (draft.nodes[id] === undefined)
      changes.push({ kind: "removed", node: id, text: `“${node.name ?? id}” removed` });
  changes.push(...wireChanges(deployed, draft));
  if (deployed.name !== draft.name) changes.push({ kind: "changed", text: `Name is now “${draft.name}”` });
  if ((deployed.description ?? "") !== (draft.description ?? ""))
    changes.push({ kind: "changed", text: "Description changed" });
  return changes;
}

/** Equality of JSON values; the order of keys does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), new Map<string, unknown>(Object.entries(b))];
  return (
    left.length === right.size &&
    left.every(([key, value]) => right.has(key) && sameJson(value, right.get(key)))
  );
}

function added(id: string, node: FlowNode): Change {
  return { kind: "added", node: id, text: `“${node.name ?? id}” added` };
}

function nodeChanges(id: string, before: FlowNode, now: FlowNode): readonly Change[] {
  if (sameJson(before, now)) return [];
  const name = `“${now.name ?? id}”`;
  const change = (text: string): Change => ({ kind: "changed", node: id, text: `${name}: ${text}` });
  const settings = new Set([...Object.keys(before.config ?? {}), ...Object.keys(now.config ?? {})]);
  const differing = [...settings].filter((key) => !sameJson(before.config?.[key], now.config?.[key]));
  return [
    ...differing.map((key) => change(`${key} ${shown(before.config?.[key])} → ${shown(now.config?.[key])}`)),
    ...(before.name === now.name ? [] : [change(`renamed from “${before.name ?? id}”`)]),
    ...(before.type === now.type ? [] : [change(`is now of type ${now.type}`)]),
    ...((before.disabled ?? false) === (now.disabled ?? false)
      ? []
      : [change(now.disabled === true ? "switched off" : "switched on")]),
  ];
}

function wireChanges(deployed: FlowDocument, draft: FlowDocument): readonly Change[] {
  const keyed = ({ wires }: FlowDocument) => new Set(wires.map(({ from, to }) => `${from} → ${to}`));
  const [before, now] = [keyed(deployed), keyed(draft)];
  return [
    ...[...now]
      .filter((wire) => !before.has(wire))
      .map((wire) => ({ kind: "added", text: `Wire ${wire}` }) as const),
    ...[...before]
      .filter((wire) => !now.has(wire))
      .map((wire) => ({ kind: "removed", text: `Wire ${wire}` }) as const),
  ];
}

function shown(value: unknown): string {
  if (value === undefined) return "default";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
