import type { FlowDocument, FlowNode, FlowTest, TestEvent, ExpectedEffect, Wire } from "#flows/flow.ts";
import type { FlowDetail, FlowStatus, FlowSummary, FlowVersion, TemplateSummary } from "../contract.ts";
import {
  anyObject,
  anyText,
  anything,
  component,
  integer,
  listOf,
  objectOf,
  oneOf,
  optional,
  orNull,
  timestamp,
  yesOrNo,
  type Schema,
} from "../schema.ts";
import { problem } from "./problem.ts";

const node = objectOf<FlowNode>({
  type: anyText,
  name: optional(anyText),
  disabled: optional(yesOrNo),
  config: optional({ ...anyObject, description: "Only the settings that differ from their defaults." }),
});

export const testEvent = component(
  "TestEvent",
  objectOf<TestEvent>({
    at: { type: "string", description: "Time since the start, such as `90s`." },
    topic: optional(anyText),
    payload: optional(anything),
    qos: optional(integer),
    retain: optional(yesOrNo),
    initial: optional(yesOrNo),
    device: optional(anyText),
    presence: optional(anyText),
    node: optional(anyText),
    restart: optional(anyText),
  }),
);

const expected = objectOf<ExpectedEffect>({
  at: optional(anyText),
  node: anyText,
  effect: anyText,
  with: optional(anyObject),
});

const test = objectOf<FlowTest>({
  name: anyText,
  start: optional(anyText),
  zone: optional(anyText),
  given: listOf(testEvent.ref),
  until: optional(anyText),
  expect: listOf(expected),
});

/** Documentation only: what is wrong with a document is told by the language itself, node by node. */
export const flowDocument = component(
  "FlowDocument",
  objectOf<FlowDocument>({
    millrace: { const: 1 },
    id: anyText,
    name: anyText,
    description: optional(anyText),
    nodes: { type: "object", additionalProperties: node },
    wires: listOf(objectOf<Wire>({ from: anyText, to: anyText })),
    layout: optional({
      type: "object",
      additionalProperties: { type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 },
    }),
    tests: optional(listOf(test)),
  }),
);

/** A body that is a flow document: any object passes here and is checked as a whole by the language. */
export const documentBody: Schema = { type: "object", description: "A flow document (`FlowDocument`)." };

const status = component(
  "FlowStatus",
  objectOf<FlowStatus>({
    state: oneOf("running", "off", "paused", "failed", "draft"),
    reason: optional(anyText),
    runs: integer,
    errors: integer,
    lastRunAt: orNull(timestamp),
    pendingTimers: integer,
    nextTimerAt: orNull(timestamp),
  }),
);

const summaryProperties = {
  id: anyText,
  name: anyText,
  description: anyText,
  enabled: yesOrNo,
  revision: { ...integer, description: "Revision of the draft; writers send it in `If-Match`." },
  deployedVersion: orNull(integer),
  changed: { type: "boolean", description: "The draft differs from what runs." },
  updatedAt: timestamp,
  updatedBy: anyText,
  status: status.ref,
} as const;

export const flowSummary = component("FlowSummary", objectOf<FlowSummary>(summaryProperties));

export const flowDetail = component(
  "FlowDetail",
  objectOf<FlowDetail>({
    ...summaryProperties,
    draft: flowDocument.ref,
    deployed: { anyOf: [flowDocument.ref, { type: "null" }] },
    problems: listOf(problem.ref),
  }),
);

export const flowVersion = component(
  "FlowVersion",
  objectOf<FlowVersion>({
    version: integer,
    author: anyText,
    comment: anyText,
    createdAt: timestamp,
    document: flowDocument.ref,
  }),
);

export const templateSummary = component(
  "TemplateSummary",
  objectOf<TemplateSummary>({ id: anyText, name: anyText, description: anyText, nodeTypes: listOf(anyText) }),
);

export const flowComponents = [
  testEvent,
  flowDocument,
  status,
  flowSummary,
  flowDetail,
  flowVersion,
  templateSummary,
] as const;
