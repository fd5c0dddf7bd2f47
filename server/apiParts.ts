import type { FlowDocument } from "#flows/flow.ts";
import type { Problem } from "#flows/problem.ts";
import type { ApiParts, MetricFamily, NewSession, Who } from "./api/api.ts";
import type {
  ChannelSummary,
  DeviceCredentials,
  DeviceSummary,
  HubInfo,
  NotificationItem,
  OutboxItem,
  SetupAnswer,
  SetupRequest,
  TopicSummary,
} from "./api/contract.ts";
import type { Auth } from "./auth/auth.ts";
import type { Principal } from "./auth/roles.ts";
import type { Broker } from "./broker/broker.ts";
import type { ChannelAnswer, Channels } from "./channels/channels.ts";
import type { DeviceView, Devices } from "./devices/devices.ts";
import type { HealthWatch } from "./hubHealth.ts";
import { type LiveDesk, refuseFilter } from "./liveNews.ts";
import type { Outbox } from "./outbox/outbox.ts";
import { runsPart } from "./runsPart.ts";
import type { Catalog } from "./runtime/catalog.ts";
import { payloadBytes } from "./runtime/effects.ts";
import type { Traces } from "./runtime/traces.ts";
import type { Store } from "./store/store.ts";

/** Topics read at a time, the most the list gives. */
const TOPICS_PER_PAGE = 1_000;

/** What the routes are wired to. */
export interface ApiWiring {
  readonly store: Store;
  readonly auth: Auth;
  readonly broker: Broker;
  readonly devices: Devices;
  readonly channels: Channels;
  readonly outbox: Outbox;
  readonly catalog: Catalog;
  readonly traces: Traces;
  readonly live: LiveDesk;
  readonly health: HealthWatch;
  readonly templates: readonly FlowDocument[];
  readonly metrics: readonly MetricFamily[];
  readonly bootId: string;
  readonly hubInfo: () => HubInfo;
  /** Keeps what the set-up page chose, and opens the listeners. */
  readonly finishSetup: (request: SetupRequest) => Promise<void>;
  readonly now: () => number;
}

/** Fits the parts of the hub to what the routes need; whatever an administrator should find again is audited. */
export function createApiParts(wiring: ApiWiring): ApiParts {
  const { auth, catalog, health, live, templates, metrics, bootId, hubInfo } = wiring;
  const audit = auditor(wiring);
  return {
    hub: { info: hubInfo, bootId },
    setup: setupPart(wiring),
    auth,
    users: {
      list: auth.users.list,
      add: (request, by) => audit(by, "users.add", request.name, () => auth.users.add(request)),
    },
    tokens: {
      list: (who) => auth.tokens.list(principalOf(who)),
      add: (request, who) =>
        audit(who, "tokens.add", request.name, () => auth.tokens.add(request, principalOf(who))),
      remove: (id, who) => audit(who, "tokens.remove", id, () => auth.tokens.remove(id, principalOf(who))),
    },
    flows: {
      ...catalog,
      create: (request, by) =>
        audit(by, "flows.create", request.name ?? "", () => catalog.create(request, by)),
      remove: (request) => audit(request.by, "flows.remove", request.id, () => catalog.remove(request)),
      deploy: (request) => audit(request.by, "flows.deploy", request.id, () => catalog.deploy(request)),
      rollback: (request) => audit(request.by, "flows.rollback", request.id, () => catalog.rollback(request)),
      setEnabled: (id, isEnabled, by) =>
        audit(by, isEnabled ? "flows.enable" : "flows.disable", id, () =>
          catalog.setEnabled(id, isEnabled, by),
        ),
    },
    runs: runsPart(wiring),
    templates: { list: () => templates.map(templateSummary) },
    devices: devicesPart(wiring, audit),
    topics: {
      list: () => allTopics(wiring.devices),
      messages(filter, limit) {
        refuseFilter(filter);
        return wiring.devices.topics.messages(filter, limit);
      },
    },
    broker: brokerPart(wiring, audit),
    channels: channelsPart(wiring, audit),
    outbox: outboxPart(wiring, audit),
    notifications: {
      list: (page) => {
        const { items, nextCursor } = wiring.store.notifications.list(page);
        return { items: items.map(notificationItem), ...(nextCursor !== null && { next: nextCursor }) };
      },
      unread: wiring.store.notifications.unread,
      markRead: wiring.store.notifications.markRead,
    },
    health,
    metrics: { families: () => metrics },
    live,
  };
}

/** A device as the API shows it. */
export function deviceSummary({ parent: _parent, blinks: _blinks, ...device }: DeviceView): DeviceSummary {
  return device;
}

/** A notice as the API shows it. */
export function notificationItem(
  notice: Omit<NotificationItem, "flow" | "node" | "run"> &
    Readonly<Record<"flow" | "node" | "run", string | null>>,
): NotificationItem {
  const { flow, node, run, ...rest } = notice;
  return { ...rest, flow: flow ?? "", node: node ?? "", run: run ?? "" };
}

type Audit = <Done>(by: Who, action: string, target: string, act: () => Promise<Done>) => Promise<Done>;

/** Writes one line for what was done; what was refused leaves none. */
function auditor({ store, now }: Pick<ApiWiring, "store" | "now">): Audit {
  return async (by, action, target, act) => {
    const done = await act();
    await store.audit.append({ at: now(), actor: by.user.name, action, target, detail: null, address: null });
    return done;
  };
}

/** Who asks is made by `auth` itself; the routes only pass it on. */
function principalOf(who: Who): Principal {
  return { via: who.scopes === undefined ? "session" : "token", ...who } as Principal;
}

function setupPart(wiring: ApiWiring): ApiParts["setup"] {
  const { auth, devices, hubInfo, finishSetup } = wiring;
  return {
    isSetUp: auth.isSetUp,
    async setUp(request): Promise<{ answer: SetupAnswer; session: NewSession }> {
      const { token, userName, password, deviceName } = request;
      const session = await auth.setUp({ token, name: userName, password });
      await finishSetup(request);
      const added =
        deviceName === undefined ? undefined : await devices.add({ name: deviceName, preset: "any" });
      const device = added?.ok === true ? await credentialsOf(wiring, added.device.id) : undefined;
      const { user } = session.who;
      const answer = { setUp: true, user, hub: hubInfo(), ...(device !== undefined && { device }) };
      return { answer, session };
    },
  };
}

async function credentialsOf({ devices, hubInfo }: ApiWiring, id: string): Promise<DeviceCredentials> {
  const issued = await devices.issueCredential(id);
  if (issued === undefined) throw refusal("device.unknown", `There is no device "${id}".`);
  const { host, port } = hubInfo().mqtt;
  return { id, host, port, ...issued };
}

function devicesPart(wiring: ApiWiring, audit: Audit): ApiParts["devices"] {
  const { devices, broker } = wiring;
  const summary = (id: string) => {
    const view = devices.get(id);
    return view && deviceSummary(view);
  };
  return {
    list: () => devices.list().map(deviceSummary),
    get: summary,
    add: (request, by) =>
      audit(by, "devices.add", request.name, async () => {
        const answer = await devices.add(request);
        if (!answer.ok) throw refusal("device.invalid", "The device was not added.", answer.problems);
        return credentialsOf(wiring, answer.device.id);
      }),
    change: (id, change, by) =>
      audit(by, "devices.change", id, async () => {
        const answer = await devices.patch(id, change);
        if (answer === undefined) throw refusal("device.unknown", `There is no device "${id}".`);
        if (!answer.ok) throw refusal("device.invalid", "The device was not changed.", answer.problems);
        broker.refreshAccess(id);
        return summary(id)!;
      }),
    remove: (id, by) =>
      audit(by, "devices.remove", id, async () => {
        const isGone = await devices.remove(id);
        broker.refreshAccess(id);
        return isGone;
      }),
    renewCredentials: (id, by) =>
      audit(by, "devices.renew", id, async () => {
        const credentials = await credentialsOf(wiring, id);
        for (const client of broker.clients()) if (client.user === id) broker.kick(client.clientId);
        return credentials;
      }),
    knocks: devices.knocks.list,
  };
}

function brokerPart({ broker, bootId }: ApiWiring, audit: Audit): ApiParts["broker"] {
  return {
    publish: ({ topic, payload, qos = 0, retain = false }, by) =>
      audit(by, "topics.publish", topic, async () => {
        const id = `${bootId}-by-hand`;
        try {
          const origin = { flow: "", node: "", run: id, cause: id, hops: 0 };
          broker.publish({ topic, payload: payloadBytes(payload), qos, retain, origin });
        } catch (error) {
          throw refusal("topic.invalid", error instanceof Error ? error.message : String(error));
        }
      }),
  };
}

function channelsPart({ channels, outbox, store }: ApiWiring, audit: Audit): ApiParts["channels"] {
  const summaries = (): ChannelSummary[] => {
    const waiting = countByTarget(store, "pending");
    const dead = countByTarget(store, "dead");
    return channels.list().map((channel) => ({
      ...channel,
      pending: waiting.get(channel.id) ?? 0,
      dead: dead.get(channel.id) ?? 0,
    }));
  };
  const summary = (answer: ChannelAnswer | undefined, id: string): ChannelSummary => {
    if (answer === undefined) throw refusal("channel.unknown", `There is no channel "${id}".`);
    if (!answer.ok) throw refusal("channel.invalid", "The channel was not saved.", answer.problems);
    return summaries().find((one) => one.id === answer.channel.id)!;
  };
  return {
    list: summaries,
    kinds: () => channels.kinds,
    add: (request, by) =>
      audit(by, "channels.add", request.name, async () =>
        summary(await channels.create(request), request.id ?? ""),
      ),
    change: (id, request, by) =>
      audit(by, "channels.change", id, async () => {
        const changed = summary(await channels.update(id, request), id);
        outbox.poke();
        return changed;
      }),
    remove: (id, by) => audit(by, "channels.remove", id, () => channels.remove(id)),
    async test(id) {
      const outcome = await channels.test(id);
      return outcome.outcome === "delivered" ? { ok: true } : { ok: false, error: outcome.error };
    },
  };
}

function countByTarget(store: Store, state: "pending" | "dead"): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { target } of store.outbox.list({ state, limit: 500 }).items)
    counts.set(target, (counts.get(target) ?? 0) + 1);
  return counts;
}

function outboxPart({ store, outbox }: ApiWiring, audit: Audit): ApiParts["outbox"] {
  const act = async (id: string, on: (seq: number) => Promise<boolean>): Promise<boolean> => {
    const seq = Number(id);
    if (!Number.isSafeInteger(seq)) return false;
    return on(seq);
  };
  return {
    list({ state = "pending", ...page }) {
      const { items, nextCursor } = store.outbox.list({ state, ...page });
      const shown = items.map(
        ({
          seq,
          id,
          kind,
          target,
          flow,
          node,
          attempt,
          createdAt,
          nextAt,
          diedAt,
          error,
          reason,
        }): OutboxItem => ({
          seq,
          id,
          kind,
          target,
          flow,
          node,
          state,
          attempt,
          createdAt,
          nextAt: nextAt ?? diedAt ?? createdAt,
          error: error ?? reason,
        }),
      );
      return { items: shown, ...(nextCursor !== null && { next: nextCursor }) };
    },
    retry: (id, by) => audit(by, "outbox.retry", id, () => act(id, outbox.revive)),
    discard: (id, by) => audit(by, "outbox.discard", id, () => act(id, outbox.discard)),
  };
}

function allTopics({ topics }: Devices): readonly TopicSummary[] {
  const all: TopicSummary[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined;) {
    const { items, next }: ReturnType<Devices["topics"]["list"]> = topics.list({
      cursor,
      limit: TOPICS_PER_PAGE,
    });
    all.push(...items);
    cursor = next;
  }
  return all;
}

function templateSummary({ id, name, description = "", nodes }: FlowDocument) {
  return { id, name, description, nodeTypes: [...new Set(Object.values(nodes).map(({ type }) => type))] };
}

function refusal(code: string, message: string, problems?: readonly Problem[]): Error {
  return Object.assign(new Error(message), { code, ...(problems !== undefined && { problems }) });
}
