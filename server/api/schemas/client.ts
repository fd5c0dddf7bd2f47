import type {
  ClearQueueAnswer,
  ClientDetail,
  ClientSummary,
  PacketTrace,
  TracedPacket,
} from "../contract.ts";
import {
  anyText,
  component,
  integer,
  listOf,
  objectOf,
  oneOf,
  optional,
  orNull,
  timestamp,
  yesOrNo,
  type Properties,
  type Schema,
} from "../schema.ts";

const textOrNull = orNull({ type: "string" });
const number: Schema = { type: "number" };
const qos: Schema = { ...integer, minimum: 0, maximum: 2 };
const perSecond: Schema = { type: "number", description: "Messages a second over about the last minute." };

const summary: Properties<ClientSummary> = {
  id: { type: "string", description: "The client id, which the client chose." },
  user: textOrNull,
  device: textOrNull,
  online: yesOrNo,
  address: textOrNull,
  connectedAt: orNull(timestamp),
  persistent: { type: "boolean", description: "Its session outlives the connection." },
  lastEnd: orNull({ ...objectOf({ cause: anyText, at: timestamp }), type: "object" }),
  queued: integer,
  queuedBytes: integer,
  queuedSince: orNull(timestamp),
  inFlight: { ...integer, description: "Messages that wait for its acknowledgement." },
  sendWindow: integer,
  dropped: integer,
  subscriptions: integer,
  receivedPerS: perSecond,
  sentPerS: perSecond,
};

export const clientSummary = component("ClientSummary", objectOf<ClientSummary>(summary));

export const clientDetail = component(
  "ClientDetail",
  objectOf<ClientDetail>({
    ...summary,
    protocol: textOrNull,
    transport: { type: ["string", "null"], description: "tcp or websocket." },
    tls: orNull({ ...objectOf({ version: anyText, cipher: anyText, subject: textOrNull }), type: "object" }),
    keepAliveS: orNull(integer),
    will: orNull({
      ...objectOf({ topic: anyText, qos, retain: yesOrNo, bytes: integer }),
      type: "object",
    }),
    filters: listOf(objectOf({ filter: anyText, qos })),
    drops: { type: "object", description: "Dropped messages by reason.", additionalProperties: integer },
    troubles: listOf(objectOf({ at: timestamp, what: anyText, detail: textOrNull })),
  }),
);

export const clearQueueAnswer = component(
  "ClearQueueAnswer",
  objectOf<ClearQueueAnswer>({ dropped: integer }),
);

export const packetTrace = component(
  "PacketTrace",
  objectOf<PacketTrace>({
    id: anyText,
    client: textOrNull,
    filter: textOrNull,
    startedAt: timestamp,
    endsAt: timestamp,
    running: yesOrNo,
    seen: { ...integer, description: "Packets seen; the last 10,000 are kept." },
  }),
);

export const tracedPacket = component(
  "TracedPacket",
  objectOf<TracedPacket>(
    {
      seq: integer,
      at: timestamp,
      clientId: anyText,
      direction: oneOf("in", "out"),
      type: anyText,
      bytes: integer,
      packetId: optional(integer),
      topic: optional(anyText),
      qos: optional(number),
      retain: optional(yesOrNo),
      dup: optional(yesOrNo),
      payloadBytes: optional(integer),
      filters: optional(listOf(anyText)),
      codes: optional(listOf(integer)),
    },
    "A packet without its payload or credentials.",
  ),
);

export const clientComponents = [
  clientSummary,
  clientDetail,
  clearQueueAnswer,
  packetTrace,
  tracedPacket,
] as const;
