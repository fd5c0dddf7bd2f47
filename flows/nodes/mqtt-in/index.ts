import { filters, key } from "../../expressions.ts";
import { type ConfigOf, optional } from "../../field.ts";
import { choice, zone } from "../../fields.ts";
import { compilePath } from "../../logic/path.ts";
import { createMessage, withFacts } from "../../message.ts";
import { type NodeContext, type Reaction, type TopicEvent, defineNode, emit } from "../../node.ts";
import { isRecord } from "../isRecord.ts";
import { path } from "../pathField.ts";
import { short } from "../sentences.ts";
import { type EventTime, readEventTime } from "./eventTime.ts";
import { examples } from "./examples.ts";

const FILTERS_MAX = 20;
/** How much of a payload that cannot be decoded goes on, in characters. */
const RAW_LENGTH = 256;

const fields = {
  filters: filters("Topics", {
    help: "+ is any level, # all that follow, {room} a level with a name for later use.",
    placeholder: "coldstore/{room}/temperature",
    maximum: FILTERS_MAX,
  }),
  decode: choice(
    "Read payloads as",
    [
      ["auto", "What they look like"],
      ["json", "JSON"],
      ["text", "Text"],
      ["number", "A number"],
      ["binary", "Bytes"],
    ],
    { default: "auto", advanced: true },
  ),
  timePath: optional(
    path("Time of measurement", {
      help: "A field with the time at which the device measured. Without it the time of arrival counts.",
      placeholder: "payload.time",
      advanced: true,
    }),
  ),
  timeFormat: choice(
    "Written as",
    [
      ["auto", "What it looks like"],
      ["iso", "A date with its zone: 2026-01-01T12:00:00Z"],
      ["iso-local", "A date without zone: 2026-01-01T12:00:00"],
      ["seconds", "Seconds since 1970"],
      ["millis", "Milliseconds since 1970"],
    ],
    { default: "auto", advanced: true },
  ),
  timeZone: optional(
    zone("Zone of dates without one", { help: "The hub's zone where it is left empty.", advanced: true }),
  ),
  onInitial: choice(
    "Retained values at the start",
    [
      ["state", "Set levels, but are no news"],
      ["event", "Count as news"],
      ["ignore", "Are not read"],
    ],
    { default: "state", advanced: true },
  ),
  key: key(),
};

type Config = ConfigOf<typeof fields>;

/** Starts a run for each publish on one of its topics. */
export const mqttIn = defineNode({
  type: "mqtt-in",
  title: "MQTT in",
  summary: "Starts when a message arrives on a topic.",
  group: "trigger",
  icon: "radio-tower",
  synonyms: ["subscribe", "topic", "mqtt trigger", "input", "sensor", "receive", "listen"],
  fields,
  ports: ["out"],
  fails: true,
  sentence: ({ filters: topics = [] }) => short(topics.join(", ")) || "no topic yet",
  listens: ({ filters: patterns }) => patterns.map((pattern) => ({ on: "topic", pattern })),
  on: (event, config, context) => (event.type === "topic" ? read(event, config, context) : {}),
  examples,
});

function read(
  event: TopicEvent,
  config: Config,
  { eventId, nodeId, zone: hubZone }: NodeContext<null>,
): Reaction<null, "out"> {
  if (event.initial && config.onInitial === "ignore")
    return { why: () => "A retained value, and this trigger does not read them." };
  if (event.size === 0 && (event.retain || event.initial))
    return { why: () => "An empty retained message deletes the topic's value; it is no reading." };
  const decoded = event.decode(config.decode);
  const message = createMessage({
    topic: event.topic,
    payload: decoded.ok ? decoded.value : rawStart(event),
    levels: event.levels,
    params: paramsOf(event, config),
    device: event.device,
    seenAt: event.seenAt,
    qos: event.qos,
    retain: event.retain,
    initial: event.initial && config.onInitial === "state",
    id: eventId,
    cause: event.cause ?? eventId,
    hops: event.hops,
  });
  if (!decoded.ok) {
    const error = { node: nodeId, code: decoded.code, message: decoded.message };
    return { commands: [emit("error", withFacts(message, "error", error))], why: () => decoded.message };
  }
  const time = timeOf(message, config, hubZone);
  const at = time?.at ?? event.seenAt;
  const timed = at === event.seenAt ? message : { ...message, at };
  const own = config.key.of(timed);
  return {
    commands: [emit("out", { ...timed, key: own })],
    why: () => [`A message on "${event.topic}".`, time?.problem ?? ""].join(" ").trim(),
  };
}

function timeOf(
  message: { readonly seenAt: number },
  config: Config,
  hubZone: string,
): EventTime | undefined {
  if (config.timePath === undefined) return undefined;
  const found = compilePath(config.timePath)(message);
  return readEventTime(found, {
    format: config.timeFormat,
    zone: config.timeZone ?? hubZone,
    seenAt: message.seenAt,
  });
}

/** The named levels of the first filter that matches. */
function paramsOf({ levels }: TopicEvent, { filters: patterns }: Config): Readonly<Record<string, string>> {
  for (const pattern of patterns) {
    const params = pattern.matches(levels);
    if (params !== undefined) return params;
  }
  return {};
}

/** The beginning of a payload that cannot be decoded: as text, else as Base64. */
function rawStart(event: TopicEvent): string | undefined {
  const text = event.decode("text");
  if (text.ok && typeof text.value === "string") return text.value.slice(0, RAW_LENGTH);
  const bytes = event.decode("binary");
  const base64 = bytes.ok && isRecord(bytes.value) ? bytes.value["base64"] : undefined;
  return typeof base64 === "string" ? base64.slice(0, RAW_LENGTH) : undefined;
}
