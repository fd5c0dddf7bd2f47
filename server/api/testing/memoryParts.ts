import type {
  ChannelSummary,
  ClientDetail,
  ClientSummary,
  DeviceCredentials,
  DeviceSummary,
  FlowDetail,
  NotificationItem,
  PacketTrace,
  Role,
  TokenSummary,
  TopicMessage,
} from "../contract.ts";
import { roles } from "../scopes.ts";
import type { ApiParts, LiveNews, NewSession, PortValue, Who } from "../parts.ts";

/** Small parts that keep everything in memory, with knobs for tests. */
export interface MemoryParts {
  readonly parts: ApiParts;
  readonly flows: Map<string, FlowDetail>;
  readonly published: unknown[];
  /** Secrets of sessions and tokens. */
  readonly sessions: Map<string, Who>;
  readonly tokens: Map<string, Who | "expired">;
  readonly undoSetup: () => void;
  readonly endSession: (secret: string) => void;
  readonly emitValue: (value: PortValue) => void;
  readonly emitMessage: (message: TopicMessage) => void;
  readonly emitNews: (news: LiveNews) => void;
  /** How many listen to flows, topics and news. */
  readonly listeners: () => readonly [number, number, number];
  /** The next call of a flow route fails with it. */
  readonly failWith: (error: Error | undefined) => void;
}

/** Refuses as parts do: a code and a sentence. */
export function refusal(code: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { code }, more);
}

/** A user of a role, signed in by a session. */
export function whoOf(role: Role, scopes?: readonly string[]): Who {
  return {
    user: { id: role, name: role, role },
    key: `key-${role}`,
    ...(scopes !== undefined && { scopes }),
  };
}

/** Parts of a hub that is set up, with one session for each role: its secret is the name of the role. */
export function createMemoryParts(): MemoryParts {
  let isSetUp = true;
  let failure: Error | undefined;
  const flows = new Map<string, FlowDetail>();
  const published: unknown[] = [];
  const sessions = new Map<string, Who>(
    (["viewer", "operator", "editor", "admin"] as const).map((role) => [role, whoOf(role)]),
  );
  const tokens = new Map<string, Who | "expired">();
  const ended = new Set<(key: string) => void>();
  const values = new Set<(value: PortValue) => void>();
  const messages = new Set<(message: TopicMessage) => void>();
  const news = new Set<(news: LiveNews) => void>();
  const notifications: NotificationItem[] = [];
  const flowParts = createFlowParts(flows, () => {
    if (failure !== undefined) throw failure;
  });

  const session = (role: Role): NewSession => {
    sessions.set(role, whoOf(role));
    return { secret: role, expiresAt: 30 * 86_400_000, who: whoOf(role) };
  };
  const parts: ApiParts = {
    hub: {
      bootId: "boot-1",
      trust: () => "-----BEGIN CERTIFICATE-----",
      info: () => ({
        name: "Test hub",
        version: "0.0.0",
        zone: "Europe/Berlin",
        mqtt: { host: "127.0.0.1", port: 1883, tlsPort: null, open: false },
        demo: false,
      }),
    },
    setup: {
      isSetUp: () => isSetUp,
      setUp: async ({ token }) => {
        if (token !== "right") throw refusal("setup.token-wrong", "The set-up token is wrong.");
        isSetUp = true;
        const { user } = whoOf("admin");
        return { answer: { setUp: true, user, hub: parts.hub.info() }, session: session("admin") };
      },
    },
    auth: {
      session: (secret) => sessions.get(secret),
      token: (secret) => tokens.get(secret),
      login: async ({ name, password }) => {
        if (password === "slow down")
          throw refusal("auth.throttled", "Too many tries.", { retryAfterMs: 2_500 });
        if (password !== "right password") throw refusal("auth.wrong", "Name or password is wrong.");
        return session(roles.find((role) => role === name) ?? "viewer");
      },
      logout: async (secret) => endSession(secret),
      onEnded: (listener) => {
        ended.add(listener);
        return () => ended.delete(listener);
      },
    },
    users: {
      list: () =>
        [...sessions.values()].map(({ user: { id, name, role } }) => ({ id, name, role, createdAt: 1 })),
      add: async ({ name, role }) => ({ id: name, name, role, createdAt: 1 }),
    },
    tokens: createTokenParts(tokens),
    flows: flowParts,
    runs: {
      list: () => ({ items: [] }),
      get: () => undefined,
    },
    templates: { list: () => [{ id: "too-warm", name: "Too warm", description: "", nodeTypes: [] }] },
    devices: createDeviceParts(),
    clients: createClientParts(),
    traces: createTraceParts(),
    topics: {
      list: () => [],
      messages: (filter) => {
        if (filter.includes("##")) throw refusal("topic.filter", `The filter "${filter}" is not valid.`);
        return [];
      },
    },
    broker: { publish: (request) => void published.push(request) },
    channels: createChannelParts(),
    outbox: {
      list: () => ({ items: [] }),
      retry: async () => false,
      discard: async () => false,
    },
    notifications: {
      list: () => ({ items: notifications }),
      unread: () => notifications.length,
      markRead: async (id) => id === "all",
    },
    health: { get: () => ({ state: "degraded", reasons: ["The disk is nearly full."] }) },
    metrics: {
      families: () => [
        {
          kind: "counter",
          name: "messages_total",
          help: "Messages received, by QoS.",
          labels: ["qos"],
          read: () => [
            { labels: { qos: "0" }, value: 41 },
            { labels: { qos: "1" }, value: 1 },
          ],
        },
        {
          kind: "histogram",
          name: "delay_seconds",
          help: "How long it took.",
          read: () => ({ bounds: [0.001, 0.1], counts: [3, 0, 2], sum: 7.5 }),
        },
      ],
    },
    live: {
      watchFlow: (_flow, listener) => {
        values.add(listener);
        return () => values.delete(listener);
      },
      watchTopics: (filter, listener) => {
        if (filter.includes("##")) throw refusal("topic.filter", `The filter "${filter}" is not valid.`);
        messages.add(listener);
        return () => messages.delete(listener);
      },
      onNews: (listener) => {
        news.add(listener);
        return () => news.delete(listener);
      },
    },
  };

  function endSession(secret: string): void {
    const who = sessions.get(secret);
    sessions.delete(secret);
    if (who !== undefined) for (const listener of ended) listener(who.key);
  }

  return {
    parts,
    flows,
    published,
    sessions,
    tokens,
    endSession,
    undoSetup: () => {
      isSetUp = false;
    },
    emitValue: (value) => values.forEach((listener) => listener(value)),
    emitMessage: (message) => messages.forEach((listener) => listener(message)),
    emitNews: (item) => news.forEach((listener) => listener(item)),
    listeners: () => [values.size, messages.size, news.size],
    failWith: (error) => {
      failure = error;
    },
  };
}

/** A stored flow. */
export function flowOfId(id: string, revision = 1): FlowDetail {
  const draft = { millrace: 1, id, name: id, nodes: {}, wires: [] } as const;
  return {
    id,
    name: id,
    description: "",
    enabled: false,
    revision,
    deployedVersion: null,
    changed: true,
    updatedAt: 1,
    updatedBy: "admin",
    status: { state: "draft", runs: 0, errors: 0, lastRunAt: null, pendingTimers: 0, nextTimerAt: null },
    draft,
    deployed: null,
    problems: [],
  };
}

function createFlowParts(flows: Map<string, FlowDetail>, check: () => void): ApiParts["flows"] {
  const must = (id: string): FlowDetail => {
    const flow = flows.get(id);
    if (flow === undefined) throw refusal("flow.unknown", `There is no flow "${id}".`);
    return flow;
  };
  return {
    list: () => {
      check();
      return [...flows.values()].map(summaryOf);
    },
    get: (id) => flows.get(id),
    create: async ({ name = "New flow" }) => {
      const flow = flowOfId(name.toLowerCase().replaceAll(" ", "-"));
      flows.set(flow.id, flow);
      return flow;
    },
    save: async ({ id, document, revision }) => {
      const flow = must(id);
      if (flow.revision !== revision)
        throw refusal("flow.stale", "Somebody was faster.", { revision: flow.revision });
      const saved = { ...flow, draft: document, revision: revision + 1 };
      flows.set(id, saved);
      return saved;
    },
    remove: async ({ id }) => void flows.delete(id),
    deploy: async ({ id }) => {
      const { revision } = must(id);
      return { version: 1, revision, problems: [], keptTimers: 0, droppedTimers: 0 };
    },
    setEnabled: async (id, enabled) => ({ ...summaryOf(must(id)), enabled }),
    rollback: async ({ id, version }) => {
      const { revision } = must(id);
      return { version: version + 1, revision, problems: [], keptTimers: 0, droppedTimers: 0 };
    },
    versions: () => [],
    inject: async () => ({ run: "run-1" }),
  };
}

function summaryOf({ draft: _draft, deployed: _deployed, problems: _problems, ...summary }: FlowDetail) {
  return summary;
}

function createTokenParts(tokens: Map<string, Who | "expired">): ApiParts["tokens"] {
  const all: TokenSummary[] = [];
  return {
    list: () => all,
    add: async ({ name, scopes }, who) => {
      const token = `mr_${name}`;
      tokens.set(token, { ...who, key: `key-${name}`, scopes });
      const summary = { id: name, name, prefix: "mr_", scopes, createdAt: 1, expiresAt: 2, lastUsedAt: null };
      all.push(summary);
      return { ...summary, token };
    },
    remove: async (id) => tokens.delete(`mr_${id}`),
  };
}

function createDeviceParts(): ApiParts["devices"] {
  const devices = new Map<string, DeviceSummary>();
  return {
    list: () => [...devices.values()],
    get: (id) => devices.get(id),
    add: async ({ name, id = name }) => {
      devices.set(id, deviceOfId(id));
      return credentials(id);
    },
    change: async (id, change) => ({ ...deviceOfId(id), ...change }),
    remove: async (id) => devices.delete(id),
    renewCredentials: async (id) => credentials(id),
    knocks: () => [],
    issueCertificate: async (id) => ({
      id,
      key: "k",
      certificate: "c",
      ca: "a",
      fingerprint: "f",
      expiresAt: 1,
      host: "127.0.0.1",
      port: 8883,
    }),
    certificates: () => [{ fingerprint: "f", issuedAt: 0, expiresAt: 1, revokedAt: null }],
    revoke: async () => ({ certificates: 1, token: false }),
  };
}

/** A device that is online. */
export function deviceOfId(id: string): DeviceSummary {
  return {
    id,
    name: id,
    area: "",
    state: "online",
    reason: "connected",
    since: 1,
    lastSeenAt: 1,
    simulated: false,
    discovered: false,
    hasCredential: true,
    clientIds: [id],
    preset: "own",
    graceMs: 10_000,
  };
}

function createClientParts(): ApiParts["clients"] {
  const door = clientOfId("door");
  return {
    list: () => [clientSummaryOfId("door")],
    get: (id) => (id === door.id ? door : undefined),
    disconnect: async () => {},
    clearQueue: async () => ({ dropped: 2 }),
  };
}

/** A client that is online. */
function clientSummaryOfId(id: string): ClientSummary {
  return {
    id,
    user: id,
    device: null,
    online: true,
    address: "192.0.2.7",
    connectedAt: 5,
    persistent: true,
    lastEnd: { cause: "keepalive", at: 4 },
    queued: 0,
    queuedBytes: 0,
    queuedSince: null,
    inFlight: 0,
    sendWindow: 64,
    dropped: 1,
    subscriptions: 1,
    receivedPerS: 0.5,
    sentPerS: 0,
  };
}

function clientOfId(id: string): ClientDetail {
  return {
    ...clientSummaryOfId(id),
    protocol: "MQTT 3.1.1",
    transport: "tcp",
    tls: { version: "TLSv1.3", cipher: "TLS_AES_256_GCM_SHA384", subject: null },
    keepAliveS: 60,
    will: { topic: "state/door", qos: 1, retain: true, bytes: 7 },
    filters: [{ filter: "door/#", qos: 1 }],
    drops: { "queue-full": 1 },
    troubles: [{ at: 3, what: "publish-denied", detail: "other" }],
  };
}

function createTraceParts(): ApiParts["traces"] {
  const trace: PacketTrace = {
    id: "door",
    client: "door",
    filter: null,
    startedAt: 1,
    endsAt: 2,
    running: false,
    seen: 1,
  };
  return {
    list: () => [trace],
    start: async () => trace,
    packets: () => [
      { seq: 0, at: 1, clientId: "door", direction: "in", type: "publish", bytes: 9, topic: "t", qos: 0 },
    ],
    remove: async (id) => id === trace.id,
  };
}

function createChannelParts(): ApiParts["channels"] {
  return {
    list: () => [channelOf("inbox")],
    kinds: () => [],
    add: async ({ name }) => channelOf(name),
    change: async (id) => channelOf(id),
    remove: async (id) => id !== "inbox",
    test: async () => ({ ok: true }),
  };
}

function credentials(id: string): DeviceCredentials {
  return { id, username: id, password: "p", host: "127.0.0.1", port: 1883, topics: [] };
}

function channelOf(id: string): ChannelSummary {
  return {
    id,
    kind: "inbox",
    name: id,
    config: {},
    pending: 0,
    dead: 0,
    lastSentAt: null,
    lastError: null,
  };
}
