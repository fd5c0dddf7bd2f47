/**
 * The types of the public API, shared with the editor (which imports only types from here). Times are ms since 1970
 * unless a name says otherwise. Errors are problem documents (RFC 9457).
 */
import type { Field, FieldKind, JsonSchema } from "#flows/field.ts";
import type { FlowDocument, TestEvent } from "#flows/flow.ts";
import type { Problem } from "#flows/problem.ts";

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable code such as `flow.stale` or `body.too-large`. */
  readonly code: string;
  /** One sentence a user understands. */
  readonly detail: string;
  readonly problems?: readonly Problem[];
  /** With `flow.stale`: the revision that is stored now. */
  readonly revision?: number;
}

/** Lists page by cursor: pass `next` as `?cursor=` to get the following page; absent on the last one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

export type Role = "viewer" | "operator" | "editor" | "admin";

/** `GET /me`: also tells an anonymous browser whether the hub waits for its set-up. */
export interface Me {
  readonly setUp: boolean;
  readonly user?: { readonly id: string; readonly name: string; readonly role: Role };
  readonly hub: HubInfo;
}

export interface HubInfo {
  readonly name: string;
  readonly version: string;
  readonly zone: string;
  readonly mqtt: {
    readonly host: string;
    readonly port: number | null;
    /** MQTT over TLS; null while it is closed. */
    readonly tlsPort: number | null;
    readonly open: boolean;
  };
  readonly demo: boolean;
}

/** `POST /setup`, once. */
export interface SetupRequest {
  readonly token: string;
  readonly hubName: string;
  readonly userName: string;
  readonly password: string;
  readonly zone: string;
  /** Listen for devices on the local network too (plain MQTT), not on this computer alone. */
  readonly openToNetwork: boolean;
  /** Makes the first device credential; shown once in the answer. */
  readonly deviceName?: string;
}

export interface SetupAnswer extends Me {
  readonly device?: DeviceCredentials;
}

/** `POST /session`. */
export interface LoginRequest {
  readonly name: string;
  readonly password: string;
}

export interface FlowSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
  /** Revision of the draft, also sent as ETag; writers send it back in `If-Match`. */
  readonly revision: number;
  readonly deployedVersion: number | null;
  /** The draft differs from what runs. */
  readonly changed: boolean;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly status: FlowStatus;
}

export interface FlowStatus {
  readonly state: "running" | "off" | "paused" | "failed" | "draft";
  /** Why it is paused or failed. */
  readonly reason?: string;
  readonly runs: number;
  readonly errors: number;
  readonly lastRunAt: number | null;
  readonly pendingTimers: number;
  readonly nextTimerAt: number | null;
}

export interface FlowDetail extends FlowSummary {
  readonly draft: FlowDocument;
  readonly deployed: FlowDocument | null;
  readonly problems: readonly Problem[];
}

/** `POST /flows`: a document, or the id of a template; the id of the flow is made unique. */
export interface NewFlowRequest {
  readonly name?: string;
  readonly document?: FlowDocument;
  readonly template?: string;
}

/** `POST /flows/:id/deploy`. */
export interface DeployRequest {
  readonly comment?: string;
}

export interface DeployAnswer {
  readonly version: number;
  readonly revision: number;
  readonly problems: readonly Problem[];
  readonly keptTimers: number;
  readonly droppedTimers: number;
}

export interface FlowVersion {
  readonly version: number;
  readonly author: string;
  readonly comment: string;
  readonly createdAt: number;
  readonly document: FlowDocument;
}

/** `POST /flows/:id/rollback`: deploys the document of an earlier version as a new one. */
export interface RollbackRequest {
  readonly version: number;
  readonly comment?: string;
}

/** `POST /flows/:id/inject`: presses an inject node of the deployed flow. */
export interface InjectRequest {
  readonly node: string;
  /** In place of the payload that the node is set to. */
  readonly payload?: unknown;
}

export interface InjectAnswer {
  /** The run it caused. */
  readonly run?: string;
}

/** `POST /flows/check`. */
export interface CheckAnswer {
  readonly problems: readonly Problem[];
}

/** `POST /flows/test`: one item for each test of the document; none where it has errors. */
export interface TestAnswer {
  readonly items: readonly TestResult[];
  readonly problems: readonly Problem[];
}

/** `POST /flows/dry-run`: events at virtual times, for a document that is not deployed. Nothing leaves the hub. */
export interface DryRunRequest {
  readonly document: FlowDocument;
  readonly events: readonly TestEvent[];
}

export interface DryRunAnswer {
  readonly runs: readonly RunDetail[];
  readonly effects: readonly TestedEffect[];
  readonly problems: readonly Problem[];
}

/** `GET /nodes`: a node type as documentation and other programs need it. */
export interface NodeInfo {
  readonly type: string;
  readonly title: string;
  readonly summary: string;
  readonly group: "trigger" | "logic" | "transform" | "action";
  readonly icon: string;
  readonly synonyms: readonly string[];
  readonly inputs: readonly string[];
  /** Output ports of a node whose settings keep their defaults; the first one is the default port. */
  readonly outputs: readonly string[];
  /** The output ports follow from the settings. */
  readonly outputsVary: boolean;
  /** Keeps state, one for each key. */
  readonly stateful: boolean;
  readonly fields: readonly FieldInfo[];
  /** JSON Schema of the settings as a document stores them. */
  readonly schema: JsonSchema;
  readonly examples: readonly NodeExample[];
}

/** One setting of a node type. */
export interface FieldInfo extends Omit<Field, "read" | "kind" | "fields" | "schema"> {
  readonly name: string;
  readonly kind: FieldKind;
  readonly schema: JsonSchema;
  /** Columns of a row. */
  readonly fields?: readonly FieldInfo[];
}

export interface NodeExample {
  readonly title: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly steps: readonly unknown[];
}

/** `GET /templates`: flows of the library. */
export interface TemplateSummary {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly nodeTypes: readonly string[];
}

export interface TestResult {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence for each difference. */
  readonly differences: readonly string[];
  readonly effects: readonly TestedEffect[];
}

export interface TestedEffect {
  readonly atMs: number;
  readonly node: string;
  readonly effect: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RunSummary {
  readonly id: string;
  readonly flow: string;
  readonly version: number;
  readonly at: number;
  readonly durationMs: number;
  readonly trigger: string;
  readonly outcome: "ok" | "failed" | "stopped";
  readonly effects: number;
  readonly error?: string;
}

export interface RunDetail extends RunSummary {
  readonly trace: readonly TraceStep[];
}

/** What one node did in one run. */
export interface TraceStep {
  readonly node: string;
  readonly input: string;
  readonly topic?: string;
  readonly key?: string;
  readonly payload?: unknown;
  readonly out: readonly { readonly port: string; readonly payload: unknown }[];
  readonly why?: string;
  /** A deadline that fired after it was due, because the hub was down; `by` in ms. */
  readonly late?: { readonly dueAt: number; readonly by: number; readonly unverified?: true };
  readonly error?: { readonly code: string; readonly message: string };
  readonly effects?: readonly {
    readonly id: string;
    readonly effect: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

export type PresenceState = "unknown" | "online" | "offline-pending" | "offline" | "sleeping" | "flapping";

export interface DeviceSummary {
  readonly id: string;
  readonly name: string;
  readonly area: string;
  readonly state: PresenceState;
  readonly reason: string;
  /** Since when it is in this state. */
  readonly since: number | null;
  readonly lastSeenAt: number | null;
  readonly simulated: boolean;
  /** Found by its topics; it has no credential of its own. */
  readonly discovered: boolean;
  readonly hasCredential: boolean;
  readonly clientIds: readonly string[];
  readonly preset: string;
  /** How long it may be away before it counts as offline, in ms. */
  readonly graceMs: number;
  /** What an orderly disconnect means: `grace`, `offline`, `sleeping`, or `auto`. */
  readonly onClean?: string;
}

export interface NewDeviceRequest {
  readonly name: string;
  readonly id?: string;
  readonly area?: string;
  /** Which topics it may use: `own`, `any`, `zigbee2mqtt`, `tasmota`, `esphome`, `homie`, `monitor`. @default "own" */
  readonly preset?: string;
}

/** `PATCH /devices/:id`: what is left out stays. */
export interface DeviceChange {
  /** How long it may be away before it counts as offline, in ms. */
  readonly graceMs?: number;
  readonly onClean?: string;
  readonly name?: string;
  readonly area?: string;
  readonly preset?: string;
}

/** Shown once; only a hash is stored. */
export interface DeviceCredentials {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly port: number | null;
  readonly topics: readonly string[];
}

/** `POST /devices/:id/certificate`. */
export interface CertificateRequest {
  /** The token and the earlier certificates of the device end. */
  readonly only?: boolean;
}

/** Key and certificate of a device, as PEM; the key is shown this once. */
export interface DeviceCertificate {
  readonly id: string;
  readonly key: string;
  readonly certificate: string;
  /** What the device must trust; empty when the system's own authorities do. */
  readonly ca: string;
  readonly fingerprint: string;
  readonly expiresAt: number;
  readonly host: string;
  /** MQTT over TLS; null while it is closed. */
  readonly port: number | null;
}

/** A certificate of a device as it is written down. */
export interface CertificateSummary {
  readonly fingerprint: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

/** `POST /devices/:id/revoke`: one certificate, or everything the device can log in with. */
export interface RevokeRequest {
  readonly fingerprint?: string;
}

export interface RevokeAnswer {
  readonly certificates: number;
  readonly token: boolean;
}

/** `GET /clients`: an MQTT client that is connected, or whose session waits for it. */
export interface ClientSummary {
  /** The client id, which the client chose: any text. */
  readonly id: string;
  readonly user: string | null;
  /** The device it is, where one is registered. */
  readonly device: string | null;
  readonly online: boolean;
  readonly address: string | null;
  readonly connectedAt: number | null;
  /** Its session outlives the connection. */
  readonly persistent: boolean;
  readonly lastEnd: ClientEnd | null;
  readonly queued: number;
  readonly queuedBytes: number;
  /** Since when something waits for it; looked at every 10 s. */
  readonly queuedSince: number | null;
  /** Messages that wait for its acknowledgement, and how many may. */
  readonly inFlight: number;
  readonly sendWindow: number;
  readonly dropped: number;
  readonly subscriptions: number;
  /** Messages a second over about the last minute. */
  readonly receivedPerS: number;
  readonly sentPerS: number;
}

export interface ClientEnd {
  readonly cause: string;
  readonly at: number;
}

/** `GET /clients/:id`. */
export interface ClientDetail extends ClientSummary {
  readonly protocol: string | null;
  readonly transport: "tcp" | "websocket" | null;
  readonly tls: {
    readonly version: string;
    readonly cipher: string;
    readonly subject: string | null;
  } | null;
  readonly keepAliveS: number | null;
  /** The Last Will, without its payload. */
  readonly will: {
    readonly topic: string;
    readonly qos: 0 | 1 | 2;
    readonly retain: boolean;
    readonly bytes: number;
  } | null;
  readonly filters: readonly { readonly filter: string; readonly qos: 0 | 1 | 2 }[];
  readonly drops: Readonly<Record<string, number>>;
  /** What it was refused and which rules it broke, newest last. */
  readonly troubles: readonly {
    readonly at: number;
    readonly what: string;
    readonly detail: string | null;
  }[];
}

/** `POST /clients/:id/clear-queue`. */
export interface ClearQueueAnswer {
  readonly dropped: number;
}

/** `POST /traces`: exactly one of `client` and `filter`. */
export interface NewTraceRequest {
  readonly client?: string;
  readonly filter?: string;
  /** @default 5 */
  readonly minutes?: number;
}

export interface PacketTrace {
  readonly id: string;
  readonly client: string | null;
  readonly filter: string | null;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly running: boolean;
  /** Packets seen; the last 10,000 are kept. */
  readonly seen: number;
}

/** `GET /traces/:id/packets`: sizes and topics, never payloads or credentials. */
export interface TracedPacket {
  readonly seq: number;
  readonly at: number;
  readonly clientId: string;
  readonly direction: "in" | "out";
  readonly type: string;
  readonly bytes: number;
  readonly packetId?: number;
  readonly topic?: string;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly payloadBytes?: number;
  readonly filters?: readonly string[];
  readonly codes?: readonly number[];
}

/** A client that tried to connect and was refused. */
export interface Knock {
  readonly clientId: string;
  readonly username: string;
  readonly address: string;
  readonly reason: string;
  readonly count: number;
  readonly lastAt: number;
}

export interface TopicSummary {
  readonly topic: string;
  readonly lastAt: number;
  readonly count: number;
  readonly perMinute: number;
  readonly retained: boolean;
  readonly publisher: string;
  /** `json`, `number`, `text`, `boolean`, `binary`, `empty`. */
  readonly type: string;
  readonly preview: string;
}

export interface TopicMessage {
  readonly topic: string;
  readonly at: number;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly size: number;
  /** The decoded value where it is small; otherwise its beginning as text. */
  readonly payload: unknown;
}

export interface PublishRequest {
  readonly topic: string;
  readonly payload: unknown;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
}

export interface ChannelKind {
  readonly kind: string;
  readonly title: string;
  readonly summary: string;
  readonly fields: readonly ChannelField[];
}

export interface ChannelField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "number" | "flag" | "choice" | "secret";
  readonly help?: string;
  readonly optional?: boolean;
  readonly default?: unknown;
  readonly options?: readonly { readonly value: string; readonly title: string }[];
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface ChannelSummary {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  /** Settings without secrets; a secret shows as `{ "set": true }`. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly pending: number;
  readonly dead: number;
  readonly lastSentAt: number | null;
  readonly lastError: string | null;
}

export interface ChannelRequest {
  readonly id?: string;
  readonly kind: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface ChannelTestAnswer {
  readonly ok: boolean;
  readonly error?: string;
}

export interface OutboxItem {
  readonly seq: number;
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly flow: string;
  readonly node: string;
  readonly state: "pending" | "leased" | "dead";
  readonly attempt: number;
  readonly createdAt: number;
  readonly nextAt: number;
  readonly error: string | null;
  /** Why it was given up, such as `policy` or `channel-missing`; null while it is not. */
  readonly reason: string | null;
  /** The idempotency key that receivers get, the same for every attempt. */
  readonly key: string;
}

export interface NotificationItem {
  readonly id: string;
  readonly at: number;
  readonly severity: string;
  readonly title: string;
  readonly text: string;
  readonly flow: string;
  readonly node: string;
  readonly run: string;
  readonly readAt: number | null;
}

/** `GET /notifications`, newest first. */
export interface NotificationPage extends Page<NotificationItem> {
  readonly unread: number;
}

export interface UserSummary {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
}

export interface NewUserRequest {
  readonly name: string;
  readonly password: string;
  readonly role: Role;
}

export interface TokenSummary {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
}

export interface NewTokenRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresInDays?: number;
}

export interface NewTokenAnswer extends TokenSummary {
  /** Shown once. */
  readonly token: string;
}

/** What the editor says on the live WebSocket (`GET /api/v1/live`). */
export type LiveRequest =
  | { readonly type: "watch-flow"; readonly flow: string | null }
  | { readonly type: "watch-topics"; readonly filter: string | null }
  | { readonly type: "ping" };

/** What the hub says on the live WebSocket. */
export type LiveEvent =
  | { readonly type: "hello"; readonly version: string; readonly bootId: string }
  | { readonly type: "pong" }
  /** A request that cannot be served, and why in one sentence. */
  | { readonly type: "refused"; readonly request: LiveRequest["type"]; readonly detail: string }
  /** At most 10 a second for each node; `dropped` counts values left out since the last one. */
  | {
      readonly type: "values";
      readonly flow: string;
      readonly values: readonly LiveValue[];
      readonly dropped: number;
    }
  | { readonly type: "messages"; readonly messages: readonly TopicMessage[]; readonly dropped: number }
  | { readonly type: "device"; readonly device: DeviceSummary }
  | { readonly type: "notification"; readonly notification: NotificationItem; readonly unread: number }
  | { readonly type: "flow"; readonly flow: FlowSummary }
  | { readonly type: "flow-removed"; readonly flow: string }
  | { readonly type: "health"; readonly health: Health };

/** The newest thing that left a port of a node. */
export interface LiveValue {
  readonly node: string;
  readonly port: string;
  readonly at: number;
  /** The payload as short text, such as `21.5` or `{"state":"on"}`. */
  readonly text: string;
  readonly count: number;
  readonly error?: string;
}

export interface Health {
  readonly state: "ok" | "degraded" | "failed" | "starting" | "stopping";
  /** One sentence for each thing that is wrong. */
  readonly reasons: readonly string[];
  /** What works, and should be known or changed all the same. */
  readonly warnings?: readonly string[];
}
