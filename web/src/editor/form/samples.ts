import type { FlowDocument } from "#flows/flow.ts";
import { formatPath } from "#flows/logic/path.ts";
import { type Message, createMessage } from "#flows/message.ts";
import { parsePattern } from "#flows/topics/topicFilter.ts";
import type { TopicSummary } from "#server/api/contract.ts";
import type { WireEnds } from "../graph.ts";
import { payloadOf } from "../../ui/payload.ts";

/** A value of a message that a setting can name. */
export interface SampleField {
  readonly path: string;
  readonly value: unknown;
}

const DEPTH_MAX = 5;
const FIELDS_MAX = 80;

/** The newest message that would reach a node from its triggers; `undefined` when none was seen yet. */
export function sampleFor(
  node: string,
  flow: { readonly document: FlowDocument; readonly wires: readonly WireEnds[] },
  topics: readonly TopicSummary[],
): Message | undefined {
  const filters = [...upstreamOf(node, flow.wires)].flatMap((id) => filtersOf(flow.document, id));
  const found = topics
    .flatMap((topic) => {
      const levels = topic.topic.split("/");
      const params = filters.map((filter) => filter.matches(levels)).find((match) => match !== undefined);
      return params === undefined ? [] : [{ topic, params }];
    })
    .toSorted((a, b) => b.topic.lastAt - a.topic.lastAt)[0];
  if (found === undefined) return undefined;
  const { topic, params } = found;
  return createMessage({
    topic: topic.topic,
    payload: payloadOf(topic.preview),
    params,
    seenAt: topic.lastAt,
    id: "sample",
    device: { id: topic.publisher, name: topic.publisher },
    retain: topic.retained,
  });
}

/** The paths into a message, with the values they have in it. */
export function fieldsOf(message: Message | undefined): readonly SampleField[] {
  const fields: SampleField[] = [];
  if (message !== undefined) {
    collect(["payload"], message.payload, fields);
    collect(["params"], message.params, fields);
    fields.push({ path: "topic", value: message.topic });
  }
  for (const path of ["device.id", "device.name", "at", "retain"])
    if (!fields.some((field) => field.path === path)) fields.push({ path, value: undefined });
  return fields;
}

function collect(keys: readonly string[], value: unknown, into: SampleField[]): void {
  if (into.length >= FIELDS_MAX || keys.length > DEPTH_MAX) return;
  if (typeof value !== "object" || value === null) {
    into.push({ path: formatPath(keys), value });
    return;
  }
  for (const [key, inner] of Object.entries(value)) collect([...keys, key], inner, into);
}

function upstreamOf(node: string, wires: readonly WireEnds[]): ReadonlySet<string> {
  const seen = new Set([node]);
  // A set can be extended while it is walked: each node added is visited in turn.
  for (const id of seen) for (const { from, to } of wires) if (to === id) seen.add(from);
  return seen;
}

function filtersOf({ nodes }: FlowDocument, id: string) {
  const filters = nodes[id]?.config?.["filters"];
  if (!Array.isArray(filters)) return [];
  return filters.flatMap((filter: unknown) => {
    const pattern = typeof filter === "string" ? parsePattern(filter) : undefined;
    return pattern === undefined || "problem" in pattern ? [] : [pattern];
  });
}
