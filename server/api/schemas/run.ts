import type { RunDetail, RunSummary, TestResult, TestedEffect, TraceStep } from "../contract.ts";
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
  timestamp,
  yesOrNo,
} from "../schema.ts";

const traceStep = component(
  "TraceStep",
  objectOf<TraceStep>(
    {
      node: anyText,
      input: anyText,
      topic: optional(anyText),
      key: optional(anyText),
      payload: optional(anything),
      out: listOf(objectOf<TraceStep["out"][number]>({ port: anyText, payload: anything })),
      why: optional({ type: "string", description: "Why the node decided so." }),
      late: optional(
        objectOf<NonNullable<TraceStep["late"]>>(
          {
            dueAt: timestamp,
            by: { type: "number", description: "ms" },
            unverified: optional({ const: true }),
          },
          "A deadline that fired after it was due, because the hub was down.",
        ),
      ),
      error: optional(objectOf<NonNullable<TraceStep["error"]>>({ code: anyText, message: anyText })),
      effects: optional(
        listOf(
          objectOf<NonNullable<TraceStep["effects"]>[number]>({
            id: anyText,
            effect: anyText,
            fields: anyObject,
          }),
        ),
      ),
    },
    "What one node did in one run.",
  ),
);

const summaryProperties = {
  id: anyText,
  flow: anyText,
  version: integer,
  at: timestamp,
  durationMs: { type: "number" },
  trigger: anyText,
  outcome: oneOf("ok", "failed", "stopped"),
  effects: integer,
  error: optional(anyText),
} as const;

export const runSummary = component("RunSummary", objectOf<RunSummary>(summaryProperties));

export const runDetail = component(
  "RunDetail",
  objectOf<RunDetail>({ ...summaryProperties, trace: listOf(traceStep.ref) }),
);

export const testedEffect = component(
  "TestedEffect",
  objectOf<TestedEffect>({ atMs: { type: "number" }, node: anyText, effect: anyText, fields: anyObject }),
);

export const testResult = component(
  "TestResult",
  objectOf<TestResult>({
    name: anyText,
    ok: yesOrNo,
    differences: listOf(anyText),
    effects: listOf(testedEffect.ref),
  }),
);

export const runComponents = [traceStep, runSummary, runDetail, testedEffect, testResult] as const;
