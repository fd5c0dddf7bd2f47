import type { FlowDocument } from "#flows/flow.ts";
import { nodes as specs } from "#flows/nodes/index.ts";
import type { ApiParts, MetricFamily, NewSession, Who } from "./api/api.ts";
import type { HubInfo, NotificationItem, SetupAnswer, SetupRequest, TopicSummary } from "./api/contract.ts";
import type { Principal } from "./auth/roles.ts";
import type { Devices } from "./devices/devices.ts";
import { type Audit, auditor } from "./audit.ts";
import { channelsPart } from "./channelsPart.ts";
import { clientsPart, tracesPart } from "./clientsPart.ts";
import { credentialsOf, devicesPart } from "./devicesPart.ts";
import type { HubParts } from "./hubParts.ts";
import { outboxPart } from "./outboxPart.ts";
import { refusal } from "./refusal.ts";
import { refuseFilter } from "./liveDesk.ts";
import { runsPart } from "./runsPart.ts";
import { dryRun } from "./runtime/dryRun.ts";
import { payloadBytes } from "./runtime/effects.ts";

/** Topics read at a time, the most the list gives. */
const TOPICS_PER_PAGE = 1_000;

/** What the routes are wired to. */
export interface ApiWiring extends HubParts {
  readonly templates: readonly FlowDocument[];
  readonly metrics: readonly MetricFamily[];
  readonly bootId: string;
  readonly hubInfo: () => HubInfo;
  readonly tlsSettled: () => Promise<void>;
  /** Keeps what the set-up page chose, and opens the listeners. */
  readonly finishSetup: (request: SetupRequest) => Promise<void>;
  readonly now: () => number;
}

/** Fits the parts of the hub to what the routes need; whatever an administrator should find again is audited. */
export function createApiParts(wiring: ApiWiring): ApiParts {
  const { auth, catalog, health, live, templates, metrics, bootId, hubInfo } = wiring;
  const audit = auditor(wiring);
  return {
    hub: {
      info: hubInfo,
      bootId,
      trust: () => (wiring.certificates.exists() ? wiring.certificates.trust() : undefined),
    },
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
      dryRun: (request) =>
        dryRun(request, specs, { startMs: wiring.now(), zone: wiring.profile.current().zone }),
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
    clients: clientsPart(wiring, audit),
    traces: tracesPart(wiring, audit),
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

/** A notice as the API shows it. */
function notificationItem(
  notice: Omit<NotificationItem, "flow" | "node" | "run"> &
    Readonly<Record<"flow" | "node" | "run", string | null>>,
): NotificationItem {
  const { flow, node, run, ...rest } = notice;
  return { ...rest, flow: flow ?? "", node: node ?? "", run: run ?? "" };
}

/** Who asks is made by `auth` itself; the routes only pass it on. */
function principalOf(who: Who): Principal {
  return { via: who.scopes === undefined ? "session" : "token", ...who };
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

function brokerPart({ broker, bootId }: ApiWiring, audit: Audit): ApiParts["broker"] {
  return {
    publish: ({ topic, payload, qos = 0, retain = false }, by) =>
      audit(by, "topics.publish", topic, async () => {
        const id = `${bootId}-by-hand`;
        try {
          const origin = { flow: "", node: "", run: id, cause: id, hops: 0 };
          await broker.publish({ topic, payload: payloadBytes(payload), qos, retain, origin });
        } catch (error) {
          throw refusal("topic.invalid", error instanceof Error ? error.message : String(error));
        }
      }),
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
