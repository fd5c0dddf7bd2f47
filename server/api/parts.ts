import type {
  CertificateRequest,
  CertificateSummary,
  ChannelKind,
  ChannelRequest,
  ChannelSummary,
  ChannelTestAnswer,
  ClearQueueAnswer,
  ClientDetail,
  ClientSummary,
  DeployAnswer,
  DeviceCertificate,
  DeviceChange,
  DeviceCredentials,
  DeviceSummary,
  DryRunAnswer,
  DryRunRequest,
  FlowDetail,
  FlowSummary,
  FlowVersion,
  Health,
  HubInfo,
  InjectAnswer,
  InjectRequest,
  Knock,
  LiveEvent,
  LoginRequest,
  NewDeviceRequest,
  NewFlowRequest,
  NewTokenAnswer,
  NewTokenRequest,
  NewTraceRequest,
  NewUserRequest,
  NotificationItem,
  OutboxItem,
  PacketTrace,
  Page,
  PublishRequest,
  RevokeAnswer,
  RevokeRequest,
  Role,
  RunDetail,
  RunSummary,
  SetupAnswer,
  SetupRequest,
  TemplateSummary,
  TokenSummary,
  TopicMessage,
  TopicSummary,
  TracedPacket,
  UserSummary,
} from "./contract.ts";
import type { FlowDocument } from "#flows/flow.ts";
import type { MetricFamily } from "./metricFamily.ts";

/**
 * What the routes need from the rest of the hub. A part that refuses throws an error with a stable `code` (see
 * problemCodes.ts for how codes become statuses) and a sentence; it may carry `problems`, `revision` or
 * `retryAfterMs`. Reads answer `undefined` for what does not exist.
 */
export interface ApiParts {
  readonly hub: HubPart;
  readonly setup: SetupPart;
  readonly auth: AuthPart;
  readonly users: UsersPart;
  readonly tokens: TokensPart;
  readonly flows: FlowsPart;
  readonly runs: RunsPart;
  readonly templates: TemplatesPart;
  readonly devices: DevicesPart;
  readonly clients: ClientsPart;
  readonly traces: TracesPart;
  readonly topics: TopicsPart;
  readonly broker: BrokerPart;
  readonly channels: ChannelsPart;
  readonly outbox: OutboxPart;
  readonly notifications: NotificationsPart;
  readonly health: HealthPart;
  readonly metrics: MetricsPart;
  readonly live: LivePart;
}

/** Reports; text from outside stands only in the details. */
export interface ApiLog {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

/** Who asks. */
export interface Who {
  readonly user: { readonly id: string; readonly name: string; readonly role: Role };
  /** Names the session or token without its secret: what is counted, and closed at log-out. */
  readonly key: string;
  /** Of a token; absent for a session, which may all that the user's role allows. */
  readonly scopes?: readonly string[];
}

/** A session that has just begun; the secret goes into the cookie and nowhere else. */
export interface NewSession {
  readonly secret: string;
  /** Absolute end, ms since 1970. */
  readonly expiresAt: number;
  readonly who: Who;
}

export interface PageQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface HubPart {
  info(): HubInfo;
  /** What TLS clients must trust, as PEM; empty: what their system trusts already. `undefined`: there is no TLS. */
  trust(): string | undefined;
  /** Differs after each start. */
  readonly bootId: string;
}

export interface SetupPart {
  /** False until an administrator exists. */
  isSetUp(): boolean;
  setUp(
    request: SetupRequest,
    address: string,
  ): Promise<{ readonly answer: SetupAnswer; readonly session: NewSession }>;
}

export interface AuthPart {
  /** The session of a cookie; `undefined`: unknown or over. */
  session(secret: string): Who | undefined | Promise<Who | undefined>;
  /** The token of an `Authorization` header. */
  token(secret: string): Who | "expired" | undefined | Promise<Who | "expired" | undefined>;
  /** Refuses with `auth.wrong`, or `auth.throttled` and `retryAfterMs`. `replaces` is the cookie that was sent along. */
  login(
    request: LoginRequest,
    from: { readonly address: string; readonly replaces?: string },
  ): Promise<NewSession>;
  /** Ends the session of a cookie. */
  logout(secret: string): Promise<void>;
  /** Told the key of each session or token that has ended; returns its own off. */
  onEnded(listener: (key: string) => void): () => void;
}

export interface UsersPart {
  list(): readonly UserSummary[];
  add(request: NewUserRequest, by: Who): Promise<UserSummary>;
}

export interface TokensPart {
  /** Those of the user; all of them for an administrator. */
  list(who: Who): readonly TokenSummary[];
  add(request: NewTokenRequest, who: Who): Promise<NewTokenAnswer>;
  /** `false`: there is none of this id that the user may see. */
  remove(id: string, who: Who): Promise<boolean>;
}

/** Each writer refuses with `flow.unknown`, with `flow.stale` and `revision`, or with `flow.invalid` and `problems`. */
export interface FlowsPart {
  list(): readonly FlowSummary[];
  get(id: string): FlowDetail | undefined;
  create(request: NewFlowRequest, by: Who): Promise<FlowDetail>;
  save(change: {
    readonly id: string;
    readonly document: FlowDocument;
    /** The revision the change is based on. */
    readonly revision: number;
    readonly by: Who;
  }): Promise<FlowDetail>;
  remove(request: {
    readonly id: string;
    readonly revision?: number | undefined;
    readonly by: Who;
  }): Promise<void>;
  deploy(request: {
    readonly id: string;
    readonly comment: string;
    readonly revision?: number | undefined;
    readonly by: Who;
  }): Promise<DeployAnswer>;
  setEnabled(id: string, isEnabled: boolean, by: Who): Promise<FlowSummary>;
  rollback(request: {
    readonly id: string;
    readonly version: number;
    readonly comment: string;
    readonly by: Who;
  }): Promise<DeployAnswer>;
  /** Newest first. */
  versions(id: string): readonly FlowVersion[];
  inject(id: string, request: InjectRequest, by: Who): InjectAnswer | Promise<InjectAnswer>;
  /** Left out: the hub offers no dry runs. */
  readonly dryRun?: (request: DryRunRequest) => DryRunAnswer | Promise<DryRunAnswer>;
}

export interface RunsPart {
  /** Newest first. */
  list(flow: string, page: PageQuery & { readonly outcome?: RunSummary["outcome"] }): Page<RunSummary>;
  get(id: string): RunDetail | undefined;
}

export interface TemplatesPart {
  list(): readonly TemplateSummary[];
}

export interface DevicesPart {
  list(): readonly DeviceSummary[];
  get(id: string): DeviceSummary | undefined;
  add(request: NewDeviceRequest, by: Who): Promise<DeviceCredentials>;
  /** Refuses with `device.unknown`. */
  change(id: string, change: DeviceChange, by: Who): Promise<DeviceSummary>;
  /** `false`: there is no such device. */
  remove(id: string, by: Who): Promise<boolean>;
  renewCredentials(id: string, by: Who): Promise<DeviceCredentials>;
  knocks(): readonly Knock[];
  issueCertificate(id: string, request: CertificateRequest, by: Who): Promise<DeviceCertificate>;
  certificates(id: string): readonly CertificateSummary[];
  /** Refuses with `certificate.invalid` a fingerprint that is none. */
  revoke(id: string, request: RevokeRequest, by: Who): Promise<RevokeAnswer>;
}

/** MQTT clients; their ids are any text they chose. */
export interface ClientsPart {
  list(): readonly ClientSummary[];
  get(id: string): ClientDetail | undefined;
  /** Refuses with `client.unknown`, or `client.offline`. */
  disconnect(id: string, by: Who): Promise<void>;
  /** Refuses with `client.unknown`. */
  clearQueue(id: string, by: Who): Promise<ClearQueueAnswer>;
}

/** Packets of a client or a filter, for a while. */
export interface TracesPart {
  list(): readonly PacketTrace[];
  /** Refuses with `trace.invalid`, `topic.filter` or `trace.too-many`. */
  start(request: NewTraceRequest, by: Who): Promise<PacketTrace>;
  packets(id: string): readonly TracedPacket[] | undefined;
  /** `false`: there is no such trace. */
  remove(id: string, by: Who): Promise<boolean>;
}

export interface TopicsPart {
  list(): readonly TopicSummary[];
  /** The last messages of the topics that a filter matches, newest first. Refuses with `topic.filter`. */
  messages(filter: string, limit: number): readonly TopicMessage[];
}

export interface BrokerPart {
  /** Publishes as this user. Refuses with `topic.invalid`. */
  publish(request: PublishRequest, by: Who): void | Promise<void>;
}

export interface ChannelsPart {
  list(): readonly ChannelSummary[];
  kinds(): readonly ChannelKind[];
  /** Refuses with `channel.invalid` and `problems`, or `channel.exists`. */
  add(request: ChannelRequest, by: Who): Promise<ChannelSummary>;
  /** A secret sent as `{ "set": true }` stays. Refuses with `channel.unknown` too. */
  change(id: string, request: ChannelRequest, by: Who): Promise<ChannelSummary>;
  /** `false`: there is no such channel. */
  remove(id: string, by: Who): Promise<boolean>;
  test(id: string, by: Who): Promise<ChannelTestAnswer>;
}

export interface OutboxPart {
  /** Newest first. */
  list(page: PageQuery & { readonly state?: OutboxItem["state"] }): Page<OutboxItem>;
  /** `id` is that of the item, as the list shows it. `false`: there is no such item. */
  retry(id: string, by: Who): Promise<boolean>;
  discard(id: string, by: Who): Promise<boolean>;
}

export interface NotificationsPart {
  /** Newest first. */
  list(page: PageQuery): Page<NotificationItem>;
  unread(): number;
  /** `"all"` marks every one. `false`: there is none of this id. */
  markRead(id: string): Promise<boolean>;
}

export interface HealthPart {
  get(): Health;
}

export interface MetricsPart {
  /** Read once, at the start; their values are read at each scrape. */
  families(): readonly MetricFamily[];
}

/** Something left a port of a node; the payload is shared and never changed. */
export interface PortValue {
  readonly node: string;
  readonly port: string;
  readonly at: number;
  readonly payload: unknown;
  readonly error?: string;
}

/** A change that every editor hears of. */
export type LiveNews = Extract<
  LiveEvent,
  { readonly type: "device" | "notification" | "flow" | "flow-removed" | "health" }
>;

/** What the live WebSocket passes on; each function returns its own off. Listeners are quick and never throw. */
export interface LivePart {
  watchFlow(flow: string, listener: (value: PortValue) => void): () => void;
  /** Refuses with `topic.filter`. */
  watchTopics(filter: string, listener: (message: TopicMessage) => void): () => void;
  onNews(listener: (news: LiveNews) => void): () => void;
}
