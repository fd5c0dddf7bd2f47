import { configSchema } from "#flows/config.ts";
import type { Field, Fields } from "#flows/field.ts";
import { inputsOf, portsOf, type AnyNode } from "#flows/node.ts";
import { nodes } from "#flows/nodes/index.ts";
import type { FieldInfo, NodeInfo, Page } from "./contract.ts";
import { listQuery, pageOf, pageSchema, type ListQuery } from "./pages.ts";
import { route, type Route } from "./route.ts";
import { nodeInfo } from "./schemas/node.ts";

/** The node types, as their specs tell. */
export function nodeRoutes(): readonly Route[] {
  const all = nodes.map(describeNode);
  return [
    route<{ query: ListQuery; answer: Page<NodeInfo> }>({
      method: "GET",
      path: "/nodes",
      scope: "flows:read",
      summary: "Lists the node types with their settings, ports, help and examples.",
      query: listQuery(),
      answer: pageSchema(nodeInfo.ref),
      handle: ({ query }) => pageOf(all, ({ type }) => type, query),
    }),
  ];
}

/** A node type as plain JSON. */
function describeNode(spec: AnyNode): NodeInfo {
  const fields: Fields = spec.fields;
  return {
    type: spec.type,
    title: spec.title,
    summary: spec.summary,
    group: spec.group,
    icon: spec.icon,
    synonyms: spec.synonyms ?? [],
    inputs: inputsOf(spec),
    outputs: portsOf(spec, {}),
    outputsVary: typeof spec.ports === "function",
    stateful: spec.initial !== undefined,
    fields: describeFields(fields),
    schema: configSchema(fields),
    examples: spec.examples.map(({ title, config, steps }) => ({ title, config, steps })),
  };
}

function describeFields(fields: Fields): readonly FieldInfo[] {
  return Object.entries(fields).map(([name, field]) => describeField(name, field));
}

function describeField(name: string, field: Field): FieldInfo {
  const { read: _read, fields: columns, ...rest } = field;
  return { name, ...rest, ...(columns !== undefined && { fields: describeFields(columns) }) };
}
