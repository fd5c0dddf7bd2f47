import { randomBytes } from "node:crypto";
import { library } from "#flows/library/index.ts";
import { nodes } from "#flows/nodes/index.ts";
import { type Auth, createAuth } from "./auth/auth.ts";
import { createThrottle } from "./auth/throttle.ts";
import { type Broker, createBroker } from "./broker/broker.ts";
import { type Certificates, createCertificates } from "./certificates/certificates.ts";
import { type Channels, createChannels } from "./channels/channels.ts";
import { type Devices, createDevices } from "./devices/devices.ts";
import { type HealthWatch, createHealthWatch } from "./hubHealth.ts";
import { type Profile, createProfile } from "./hubProfile.ts";
import { type HubNotices, createHubNotices, noticeOf } from "./hubNotices.ts";
import { type LiveDesk, createLiveDesk } from "./liveDesk.ts";
import { createMqttAccess } from "./mqttAccess.ts";
import { createConnect } from "./outbox/connect.ts";
import { type Outbox, createOutbox } from "./outbox/outbox.ts";
import { createPerformers } from "./performers.ts";
import { type Catalog, createCatalog } from "./runtime/catalog.ts";
import { type Runtime, createRuntime } from "./runtime/runtime.ts";
import { type Traces, createTraces } from "./runtime/traces.ts";
import type { Settings } from "./settings.ts";
import { type Store, openStore } from "./store/store.ts";
import { tlsReports } from "./tlsPart.ts";
import { version } from "./version.ts";

/** The part of a logger that the hub uses; pino fits. */
export interface HubLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What every part is given, so that none reads a clock or a global by itself. */
export interface HubWorld {
  readonly settings: Settings;
  readonly log: HubLog;
  /** ms since 1970. */
  readonly now: () => number;
  /** Runs later, unless the answer is called before. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Differs after each start; event ids begin with it. */
  readonly bootId: string;
}

/** The rooms of the hub, built and not yet started. */
export interface HubParts {
  readonly store: Store;
  readonly auth: Auth;
  readonly profile: Profile;
  readonly health: HealthWatch;
  readonly devices: Devices;
  readonly certificates: Certificates;
  readonly broker: Broker;
  readonly channels: Channels;
  readonly outbox: Outbox;
  readonly runtime: Runtime;
  readonly traces: Traces;
  readonly catalog: Catalog;
  readonly live: LiveDesk;
  readonly notices: HubNotices;
}

/** From this part of what the writer takes, publishers wait for their acknowledgements. */
const BUSY_FILL = 0.5;

/** Opens the store and builds the rooms on it; each gets what it needs as one named argument. */
export async function openHubParts(world: HubWorld): Promise<HubParts> {
  const { settings, log, now, schedule, bootId } = world;
  const store = await openStore({ folder: settings.data, now, log });
  const health = createHealthWatch(store.health);
  const auth = createAuth({ store, now, log });
  const profile = createProfile(store.settings, settings.host);
  const newToken = () => randomBytes(16).toString("base64url");
  const certificates = createCertificates({
    ...tlsReports({ health, log }),
    store: store.certificates,
    folder: settings.data,
    given: { cert: settings.tlsCert, key: settings.tlsKey, ca: settings.tlsCa },
    names: settings.tlsNames,
    isDevice: (id) => devices.identityOf(id) !== undefined,
    now,
    schedule,
  });
  const hasCertificate = certificates.hasValid;
  const devices = createDevices({ store: store.devices, now, schedule, log, newToken, hasCertificate });
  // One of its own: a device that keeps trying a wrong token must not keep people of its address from signing in.
  const { attempt } = createThrottle(now);
  const access = createMqttAccess({ devices, certificates, attempt, settings });
  const broker = createBroker({
    access,
    storage: store.broker,
    isAwaited: (message) => runtime.awaits(message),
    isBusy: () => runtime.isBusy() || store.backlog().fill > BUSY_FILL,
    bootId,
    tcp: undefined,
    limits: settings.limits,
    now,
    schedule,
    version,
    log,
  });
  const connect = createConnect({ rules: () => settings, now });
  const live = createLiveDesk({ broker, inbox: store.notifications });
  const channels = createChannels({
    store: store.channels,
    vault: store.vault,
    connect,
    inbox: live.inbox,
    now,
    log,
  });
  const perform = createPerformers({ broker, channels, connect, now });
  const outbox = createOutbox({ store: store.outbox, perform, now, schedule, random: Math.random, log });
  const runtime = createRuntime({
    specs: nodes,
    store: {
      ...store.runtime,
      commit(changes) {
        // A run is never on disk before the message that caused it: a replay would then be a second run.
        broker.submit();
        return store.runtime.commit(changes);
      },
    },
    publish: (message) => void broker.publish(message),
    outboxHasNew: outbox.poke,
    deviceOf: devices.deviceOf,
    retained: broker.retained,
    now,
    schedule,
    zone: () => profile.current().zone,
    log,
    bootId,
  });
  const traces = createTraces({ store: store.runs, schedule, log });
  const catalog = createCatalog({ store: store.flows, runtime, specs: nodes, templates: library, now });
  return {
    store,
    auth,
    profile,
    health,
    devices,
    certificates,
    broker,
    channels,
    outbox,
    runtime,
    traces,
    catalog,
    live,
    notices: createHubNotices({ live, now }),
  };
}

/** Lets the rooms hear of each other: what one of them tells, the others take. */
export function connectHubParts({
  store,
  health,
  devices,
  broker,
  outbox,
  runtime,
  traces,
  catalog,
  live,
  notices,
}: HubParts): void {
  broker.onMessage((arrival) => {
    // Devices first: the runtime asks them whose message it is.
    devices.arrival(arrival);
    runtime.receive(arrival);
  });
  broker.onSession(devices.session);
  broker.onRefusal(devices.knocks.note);
  broker.onFinding((finding) => {
    // The broker has logged it; a store that cannot write says so in the hub's health.
    notices.add(noticeOf(finding)).catch(() => {});
  });
  devices.onPresence((report) => runtime.presence({ type: "presence", ...report }));
  devices.onChange((id) => live.tellDevice(devices.get(id)));
  runtime.onRun(traces.note);
  runtime.onRun(live.noteRun);
  outbox.onResult(({ id, ok, status, body, error }) =>
    runtime.result(id, {
      ok,
      ...(status !== undefined && { status }),
      ...(body !== undefined && { body }),
      ...(error !== undefined && { error }),
    }),
  );
  catalog.onChange((change) => {
    if (change.type === "flow-removed") traces.forget(change.flow);
    live.tell(change);
  });
  store.onHealth(health.look);
  health.onChange((state) => live.tell({ type: "health", health: state }));
}
