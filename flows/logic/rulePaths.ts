import { fixedKeys } from "./extras.ts";
import { valueText } from "./valueText.ts";
import { isListOperator } from "./arrays.ts";
import { keysOf } from "./dottedKeys.ts";
import type { OperationPart, Part } from "./parts.ts";

/** The data paths a rule reads, each once. An empty path stands for all of the data, or for a path computed later. */
export function rulePaths(part: Part): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  collect(part, (keys) => found.set(JSON.stringify(keys), keys));
  return [...found.values()];
}

/** The keys that an operation itself reads, or `undefined` when it reads none. */
export function ownPaths(part: OperationPart): readonly (readonly string[])[] {
  const { op, operands } = part;
  switch (op) {
    case "var":
      return [textsIn(operands.slice(0, 1))?.map(keysOf)[0] ?? []];
    case "missing":
      return textsIn(operands)?.map(keysOf) ?? [[]];
    case "missing_some":
      return textsIn(operands.slice(1, 2))?.map(keysOf) ?? [[]];
    case "val":
      return [fixedKeys(part) ?? []];
    case "exists":
      return operands.length === 1 && operands[0]?.kind === "operation" ? [] : [fixedKeys(part) ?? []];
    case "now":
      return [["seenAt"]];
    default:
      return [];
  }
}

function collect(part: Part, add: (keys: readonly string[]) => void): void {
  if (part.kind === "constant") return;
  if (part.kind === "list") {
    for (const item of part.items) collect(item, add);
    return;
  }
  for (const keys of ownPaths(part)) add(keys);
  // The body of a list operator sees items, not the data; the initial value of reduce sees the data.
  const outer = isListOperator(part.op) ? part.operands.filter((_, i) => i !== 1) : part.operands;
  for (const operand of outer) collect(operand, add);
}

/** The texts and numbers in constants and lists of them; `undefined` when something is computed. */
function textsIn(parts: readonly Part[]): readonly string[] | undefined {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.kind === "operation") return undefined;
    const inner = part.kind === "list" ? textsIn(part.items) : [valueText(part.value)];
    if (inner === undefined) return undefined;
    texts.push(...inner);
  }
  return texts;
}
