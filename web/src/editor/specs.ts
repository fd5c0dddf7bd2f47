import { nodes } from "#flows/nodes/index.ts";
import type { FlowNode } from "#flows/flow.ts";
import { type AnyNode, inputsOf, portsOf } from "#flows/node.ts";
import type { NodeShape } from "./canvas/geometry.ts";

/** All node types, in the order of the palette. */
export const specs: readonly AnyNode[] = nodes;

export const GROUPS: readonly { readonly id: AnyNode["group"]; readonly title: string }[] = [
  { id: "trigger", title: "Triggers" },
  { id: "logic", title: "Logic" },
  { id: "transform", title: "Transforms" },
  { id: "action", title: "Actions" },
];

const byType = new Map(specs.map((spec) => [spec.type, spec]));
const UNKNOWN_SHAPE: NodeShape = { inputs: ["in"], outputs: ["out"] };
/** Nodes never change, so a shape is worked out once for each. */
const shapes = new WeakMap<FlowNode, NodeShape>();

/** What a node type is; `undefined` for one this version does not have. */
export function specOf(type: string): AnyNode | undefined {
  return byType.get(type);
}

/** The ports of a node with its present settings. */
export function shapeOf(node: FlowNode): NodeShape {
  const known = shapes.get(node);
  if (known !== undefined) return known;
  const shape = workOutShape(node);
  shapes.set(node, shape);
  return shape;
}

/** What a node does, in a few words; its second line on the card. */
export function sentenceOf(node: FlowNode): string {
  const spec = specOf(node.type);
  if (spec === undefined) return `Unknown type “${node.type}”`;
  try {
    return spec.sentence(node.config ?? {});
  } catch {
    // Half-typed settings may be of any shape; the problem list tells what is wrong with them.
    return spec.summary;
  }
}

/** What a node is called on its card. */
export function titleOf(node: FlowNode): string {
  return node.name ?? specOf(node.type)?.title ?? node.type;
}

function workOutShape({ type, config }: FlowNode): NodeShape {
  const spec = specOf(type);
  if (spec === undefined) return UNKNOWN_SHAPE;
  const inputs = inputsOf(spec);
  const none = spec.fails === true ? ["error"] : [];
  try {
    const outputs: unknown = portsOf(spec, config ?? {});
    return { inputs, outputs: isNames(outputs) ? outputs : none };
  } catch {
    // As above: ports that follow from settings cannot be known before the settings make sense.
    return { inputs, outputs: none };
  }
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === "string");
}
