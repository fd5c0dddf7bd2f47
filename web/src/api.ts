import type {
  ChannelKind,
  ChannelRequest,
  ChannelSummary,
  ChannelTestAnswer,
  DeployAnswer,
  DeployRequest,
  DeviceChange,
  DeviceCredentials,
  DeviceSummary,
  FlowDetail,
  FlowSummary,
  FlowVersion,
  Knock,
  LoginRequest,
  Me,
  NewDeviceRequest,
  NewFlowRequest,
  NewTokenAnswer,
  NewTokenRequest,
  NotificationPage,
  OutboxItem,
  Page,
  ProblemDocument,
  PublishRequest,
  RunDetail,
  RunSummary,
  SetupAnswer,
  SetupRequest,
  TemplateSummary,
  TestAnswer,
  TokenSummary,
  TopicMessage,
  TopicSummary,
} from "#server/api/contract.ts";
import type { FlowDocument } from "#flows/flow.ts";
import type { Problem } from "#flows/problem.ts";

/** What the hub refused, or that it could not be reached (`status` 0). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly problems: readonly Problem[];

  constructor(status: number, problem: Partial<ProblemDocument>, options?: ErrorOptions) {
    super(problem.detail ?? problem.title ?? `The hub answered with status ${status}.`, options);
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.problems = problem.problems ?? [];
  }
}

export const API_BASE = "/api/v1";
const PAGE_LIMIT = 50;

const listeners = new Set<() => void>();

/** Calls back when the hub says that the session has ended. Returns its own off. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Every call to the hub, typed by the contract. */
export const api = {
  me: () => request<Me>("GET", "/me"),
  setUp: (body: SetupRequest) => request<SetupAnswer>("POST", "/setup", { body }),
  login: (body: LoginRequest) => request<Me>("POST", "/session", { body }),
  logout: () => request<void>("DELETE", "/session"),

  flows: () => all<FlowSummary>("/flows"),
  flow: (id: string) => request<FlowDetail>("GET", `/flows/${id}`),
  createFlow: (body: NewFlowRequest) => request<FlowDetail>("POST", "/flows", { body }),
  saveFlow: (document: FlowDocument, revision: number) =>
    request<FlowDetail>("PUT", `/flows/${document.id}`, {
      body: document,
      headers: { "if-match": `"${revision}"` },
    }),
  removeFlow: (id: string) => request<void>("DELETE", `/flows/${id}`, { keepalive: true }),
  deployFlow: (id: string, body: DeployRequest = {}) =>
    request<DeployAnswer>("POST", `/flows/${id}/deploy`, { body }),
  switchFlow: (id: string, on: boolean) =>
    request<FlowSummary>("POST", `/flows/${id}/${on ? "enable" : "disable"}`, { body: {} }),
  exportFlow: (id: string) => request<FlowDocument>("GET", `/flows/${id}/export`),
  injectFlow: (id: string, node: string) =>
    request<unknown>("POST", `/flows/${id}/inject`, { body: { node } }),
  testFlow: (document: FlowDocument) => request<TestAnswer>("POST", "/flows/test", { body: document }),
  versions: (id: string) => all<FlowVersion>(`/flows/${id}/versions`),
  rollback: (id: string, version: number) =>
    request<unknown>("POST", `/flows/${id}/rollback`, { body: { version } }),
  templates: () => all<TemplateSummary>("/templates"),

  runs: (flow: string) => firstPage<RunSummary>(`/flows/${flow}/runs`),
  run: (id: string) => request<RunDetail>("GET", `/runs/${encodeURIComponent(id)}`),

  devices: () => all<DeviceSummary>("/devices"),
  createDevice: (body: NewDeviceRequest) => request<DeviceCredentials>("POST", "/devices", { body }),
  changeDevice: (id: string, body: DeviceChange) =>
    request<DeviceSummary>("PATCH", `/devices/${encodeURIComponent(id)}`, { body }),
  removeDevice: (id: string) => request<void>("DELETE", `/devices/${encodeURIComponent(id)}`),
  renewCredentials: (id: string) =>
    request<DeviceCredentials>("POST", `/devices/${encodeURIComponent(id)}/credentials`, { body: {} }),
  knocks: () => all<Knock>("/devices/knocks"),

  topics: () => all<TopicSummary>("/topics"),
  messages: (filter: string) =>
    firstPage<TopicMessage>(`/topics/messages?filter=${encodeURIComponent(filter)}`),
  publish: (body: PublishRequest) => request<void>("POST", "/publish", { body }),

  channels: () => all<ChannelSummary>("/channels"),
  channelKinds: () => all<ChannelKind>("/channels/kinds"),
  createChannel: (body: ChannelRequest) => request<ChannelSummary>("POST", "/channels", { body }),
  removeChannel: (id: string) => request<void>("DELETE", `/channels/${encodeURIComponent(id)}`),
  testChannel: (id: string) =>
    request<ChannelTestAnswer>("POST", `/channels/${encodeURIComponent(id)}/test`, { body: {} }),
  outbox: () => firstPage<OutboxItem>("/outbox"),
  outboxAct: (id: string, act: "retry" | "discard") =>
    request<void>("POST", `/outbox/${encodeURIComponent(id)}/${act}`, { body: {} }),

  notifications: () => request<NotificationPage>("GET", "/notifications"),
  markRead: (id: string) =>
    request<void>("POST", `/notifications/${encodeURIComponent(id)}/read`, { body: {} }),
  markAllRead: () => request<void>("POST", "/notifications/read", { body: {} }),

  tokens: () => all<TokenSummary>("/tokens"),
  createToken: (body: NewTokenRequest) => request<NewTokenAnswer>("POST", "/tokens", { body }),
  removeToken: (id: string) => request<void>("DELETE", `/tokens/${encodeURIComponent(id)}`),
};

interface RequestOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly keepalive?: boolean;
}

async function request<Answer>(method: string, path: string, options: RequestOptions = {}): Promise<Answer> {
  const response = await send(method, path, options);
  const answer: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return answer as Answer;
  if (response.status === 401 && path !== "/session") for (const listener of listeners) listener();
  throw new ApiError(response.status, answer ?? {});
}

async function send(method: string, path: string, options: RequestOptions): Promise<Response> {
  const { body, headers = {}, keepalive = false } = options;
  try {
    return await fetch(API_BASE + path, {
      method,
      keepalive,
      credentials: "same-origin",
      headers: {
        accept: "application/json",
        // Only a script of our own origin can set this header: the hub refuses changes without it.
        ...(method !== "GET" && { "x-millrace": "1" }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    const detail = "The hub cannot be reached. Check that it runs and that this computer is on its network.";
    throw new ApiError(0, { code: "unreachable", detail }, { cause });
  }
}

/** Follows the cursors of a list to its end, within reason. */
async function all<Item>(path: string): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGE_LIMIT; page++) {
    const query = cursor === undefined ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const answer = await request<Page<Item>>("GET", path + query);
    items.push(...answer.items);
    cursor = answer.next;
    if (cursor === undefined) break;
  }
  return items;
}

async function firstPage<Item>(path: string): Promise<readonly Item[]> {
  return (await request<Page<Item>>("GET", path)).items;
}
