import type { FieldInfo, NodeExample, NodeInfo } from "../contract.ts";
import {
  anyObject,
  anyText,
  anything,
  component,
  listOf,
  objectOf,
  oneOf,
  optional,
  yesOrNo,
} from "../schema.ts";

const fieldInfo = component(
  "FieldInfo",
  objectOf<FieldInfo>({
    name: anyText,
    kind: anyText,
    label: anyText,
    help: optional(anyText),
    optional: optional(yesOrNo),
    default: optional(anything),
    placeholder: optional(anyText),
    unit: optional(anyText),
    minimum: optional({ type: "number" }),
    maximum: optional({ type: "number" }),
    options: optional(listOf(anyObject)),
    fields: optional(listOf({ ...anyObject, description: "Columns of a row, each a FieldInfo." })),
    advanced: optional(yesOrNo),
    showIf: optional(anyObject),
    cosmetic: optional(yesOrNo),
    schema: { ...anyObject, description: "JSON Schema of the setting." },
  }),
);

export const nodeInfo = component(
  "NodeInfo",
  objectOf<NodeInfo>({
    type: anyText,
    title: anyText,
    summary: anyText,
    group: oneOf("trigger", "logic", "transform", "action"),
    icon: anyText,
    synonyms: listOf(anyText),
    inputs: listOf(anyText),
    outputs: listOf(anyText),
    outputsVary: { type: "boolean", description: "The output ports follow from the settings." },
    stateful: yesOrNo,
    fields: listOf(fieldInfo.ref),
    schema: anyObject,
    examples: listOf(objectOf<NodeExample>({ title: anyText, config: anyObject, steps: listOf(anything) })),
  }),
);

export const nodeComponents = [fieldInfo, nodeInfo] as const;
