import type { ChannelField, ChannelKind, ChannelSummary, NotificationItem, OutboxItem } from "../contract.ts";
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
} from "../schema.ts";

const channelField = objectOf<ChannelField>({
  name: anyText,
  label: anyText,
  type: oneOf("text", "number", "flag", "choice", "secret"),
  help: optional(anyText),
  optional: optional(yesOrNo),
  default: optional(anything),
  minimum: optional({ type: "number" }),
  maximum: optional({ type: "number" }),
  options: optional(
    listOf(objectOf<NonNullable<ChannelField["options"]>[number]>({ value: anyText, title: anyText })),
  ),
});

export const channelKind = component(
  "ChannelKind",
  objectOf<ChannelKind>({ kind: anyText, title: anyText, summary: anyText, fields: listOf(channelField) }),
);

export const channelSummary = component(
  "ChannelSummary",
  objectOf<ChannelSummary>({
    id: anyText,
    kind: anyText,
    name: anyText,
    config: { ...anyObject, description: 'Settings; a secret shows as `{ "set": true }`.' },
    pending: integer,
    dead: integer,
    lastSentAt: orNull(timestamp),
    lastError: orNull({ type: "string" }),
  }),
);

export const outboxItem = component(
  "OutboxItem",
  objectOf<OutboxItem>({
    seq: integer,
    id: anyText,
    kind: anyText,
    target: anyText,
    flow: anyText,
    node: anyText,
    state: oneOf("pending", "leased", "dead"),
    attempt: integer,
    createdAt: timestamp,
    nextAt: timestamp,
    error: orNull({ type: "string" }),
    reason: orNull({ type: "string" }),
    key: anyText,
  }),
);

export const notificationItem = component(
  "NotificationItem",
  objectOf<NotificationItem>({
    id: anyText,
    at: timestamp,
    severity: anyText,
    title: anyText,
    text: anyText,
    flow: anyText,
    node: anyText,
    run: anyText,
    readAt: orNull(timestamp),
  }),
);

export const deliveryComponents = [channelKind, channelSummary, outboxItem, notificationItem] as const;
