import { expect, test } from "vitest";
import type { FlowDocument } from "#flows/flow.ts";
import type { TopicSummary } from "#server/api/contract.ts";
import { resolveWires } from "../graph.ts";
import { shapeOf } from "../testing/shapes.ts";
import { fieldsOf, sampleFor } from "./samples.ts";

const document: FlowDocument = {
  millrace: 1,
  id: "f",
  name: "F",
  nodes: {
    source: { type: "trigger", config: { filters: ["store/{room}/air"] } },
    judge: { type: "branch" },
    alone: { type: "action" },
  },
  wires: [{ from: "source", to: "judge" }],
};
const topic = (name: string, preview: string, lastAt: number): TopicSummary => ({
  topic: name,
  preview,
  lastAt,
  count: 1,
  perMinute: 1,
  retained: false,
  publisher: "probe",
  type: "json",
});
const topics = [
  topic("store/north/air", '{"celsius":6,"PM2.5":2}', 1),
  topic("store/south/air", '{"celsius":7,"list":[{"x":1}]}', 2),
  topic("other", "1", 3),
];

test("the sample of a node is the newest message that its triggers would send it", () => {
  const flow = { document, wires: resolveWires(document, shapeOf) };
  const sample = sampleFor("judge", flow, topics);
  expect(sample).toMatchObject({
    topic: "store/south/air",
    params: { room: "south" },
    payload: { celsius: 7 },
  });
  expect(sampleFor("alone", flow, topics)).toBeUndefined();
});

test("every value in it has a path that reads back", () => {
  const flow = { document, wires: resolveWires(document, shapeOf) };
  expect(fieldsOf(sampleFor("judge", flow, topics.slice(0, 1))).map(({ path }) => path)).toEqual([
    "payload.celsius",
    'payload["PM2.5"]',
    "params.room",
    "topic",
    "device.id",
    "device.name",
    "at",
    "retain",
  ]);
  expect(fieldsOf(sampleFor("judge", flow, topics)).map(({ path }) => path)).toContain("payload.list[0].x");
});
