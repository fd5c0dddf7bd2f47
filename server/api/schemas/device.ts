import type {
  CertificateSummary,
  DeviceCertificate,
  DeviceCredentials,
  DeviceSummary,
  Knock,
  RevokeAnswer,
  TopicMessage,
  TopicSummary,
} from "../contract.ts";
import {
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

export const deviceSummary = component(
  "DeviceSummary",
  objectOf<DeviceSummary>({
    id: anyText,
    name: anyText,
    area: anyText,
    state: oneOf("unknown", "online", "offline-pending", "offline", "sleeping", "flapping"),
    reason: anyText,
    since: orNull(timestamp),
    lastSeenAt: orNull(timestamp),
    simulated: yesOrNo,
    discovered: { type: "boolean", description: "Found by its topics; it has no credential of its own." },
    hasCredential: yesOrNo,
    clientIds: listOf(anyText),
    preset: anyText,
    onClean: optional({
      type: "string",
      description: "What an orderly disconnect means: grace, offline, sleeping or auto.",
    }),
    graceMs: { type: "number", description: "How long it may be away before it counts as offline." },
  }),
);

export const deviceCredentials = component(
  "DeviceCredentials",
  objectOf<DeviceCredentials>(
    {
      id: anyText,
      username: anyText,
      password: anyText,
      host: anyText,
      port: orNull(integer),
      topics: listOf(anyText),
    },
    "Shown once; only a hash is stored.",
  ),
);

export const deviceCertificate = component(
  "DeviceCertificate",
  objectOf<DeviceCertificate>(
    {
      id: anyText,
      key: anyText,
      certificate: anyText,
      ca: anyText,
      fingerprint: anyText,
      expiresAt: timestamp,
      host: anyText,
      port: orNull(integer),
    },
    "Texts in PEM; the key is shown once and not stored.",
  ),
);

export const certificateSummary = component(
  "CertificateSummary",
  objectOf<CertificateSummary>({
    fingerprint: { type: "string", description: "SHA-256 in hexadecimal digits." },
    issuedAt: timestamp,
    expiresAt: timestamp,
    revokedAt: orNull(timestamp),
  }),
);

export const revokeAnswer = objectOf<RevokeAnswer>({ certificates: integer, token: yesOrNo });

export const knock = component(
  "Knock",
  objectOf<Knock>(
    {
      clientId: anyText,
      username: anyText,
      address: anyText,
      reason: anyText,
      count: integer,
      lastAt: timestamp,
    },
    "A client that tried to connect and was refused.",
  ),
);

export const topicSummary = component(
  "TopicSummary",
  objectOf<TopicSummary>({
    topic: anyText,
    lastAt: timestamp,
    count: integer,
    perMinute: { type: "number" },
    retained: yesOrNo,
    publisher: anyText,
    type: { type: "string", description: "json, number, text, boolean, binary or empty." },
    preview: anyText,
  }),
);

export const topicMessage = component(
  "TopicMessage",
  objectOf<TopicMessage>({
    topic: anyText,
    at: timestamp,
    qos: { ...integer, minimum: 0, maximum: 2 },
    retain: yesOrNo,
    size: { ...integer, description: "Bytes of the payload." },
    payload: anything,
  }),
);

export const deviceComponents = [
  deviceSummary,
  deviceCredentials,
  deviceCertificate,
  certificateSummary,
  knock,
  topicSummary,
  topicMessage,
] as const;
