import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { library } from "#flows/library/index.ts";
import { nodes } from "#flows/nodes/index.ts";
import { createApi } from "./api/api.ts";
import type { HubInfo, SetupRequest } from "./api/contract.ts";
import { createApiParts, deviceSummary, notificationItem } from "./apiParts.ts";
import { createAuth } from "./auth/auth.ts";
import { createBroker } from "./broker/broker.ts";
import { createChannels } from "./channels/channels.ts";
import { createDemo } from "./demo/demo.ts";
import { type Devices, createDevices } from "./devices/devices.ts";
import { createHealthWatch } from "./hubHealth.ts";
import { hubMetrics } from "./hubMetrics.ts";
import { createProfile } from "./hubProfile.ts";
import { createLiveDesk } from "./liveNews.ts";
import { createMqttAccess } from "./mqttAccess.ts";
import { createConnect } from "./outbox/connect.ts";
import { createOutbox } from "./outbox/outbox.ts";
import { createPerformers } from "./performers.ts";
import { createCatalog } from "./runtime/catalog.ts";
import { createRuntime } from "./runtime/runtime.ts";
import { createTraces } from "./runtime/traces.ts";
import type { Settings } from "./settings.ts";
import { openStore } from "./store/store.ts";
import { version } from "./version.ts";

export interface HubLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Where a running hub is reached. */
export interface Ready {
  readonly httpPort: number;
  /** `undefined` until the set-up is done. */
  readonly mqttPort: number | undefined;
  /** The one-time link, while nobody has set the hub up. */
  readonly setupUrl: string | undefined;
}

export interface Hub {
  start(): Promise<Ready>;
  /** Ends in the reverse order of the start; safe to call twice. */
  stop(): Promise<void>;
  /** The disk reported an error: the hub must end, because nothing it says could be kept. */
  onFatal(listener: (sentence: string) => void): void;
}

/** The hub keeps telling the store that it is alive, so that the next start knows how long it was away. */
const HEARTBEAT_MS = 5_000;
const AUDIT_KEPT_MS = 400 * 86_400_000;
/** Longer timers fire at once in Node. */
const TIMER_MAX_MS = 2 ** 31 - 1;
/** Soon enough to be seen by somebody who tries the demo. */
const DEMO_GRACE_MS = 5_000;

/** The hub of these settings: builds the parts, starts them in order, stops them in reverse. */
export function createHub({ settings, log }: { readonly settings: Settings; readonly log: HubLog }): Hub {
  const now = Date.now;
  const bootId = now().toString(36) + randomBytes(2).toString("hex");
  /** What has been started, to be stopped in reverse. */
  const stops: (() => unknown)[] = [];
  const fatalListeners = new Set<(sentence: string) => void>();
  let stopping: Promise<void> | undefined;

  async function start(): Promise<Ready> {
    const store = await openStore({ folder: settings.data, now, log });
    stops.push(() => store.close());
    const health = createHealthWatch(store.health);
    stops.push(store.onHealth(() => health.look()));
    const auth = createAuth({ store, now, log });
    const profile = createProfile(store.settings, settings.host);
    if (settings.adminPassword !== undefined)
      await auth.setUpUnattended({ name: "admin", password: settings.adminPassword });

    const devices = createDevices({
      store: store.devices,
      now,
      schedule,
      log,
      newToken: () => randomBytes(16).toString("base64url"),
    });
    const access = createMqttAccess({ devices: () => devices, attempt: auth.throttle.attempt });
    const broker = createBroker({ access, tcp: undefined, now, log });
    const connect = createConnect({ rules: () => settings, now });
    const inbox = {
      async add(notice: Parameters<typeof store.notifications.add>[0]) {
        await store.notifications.add(notice);
        const notification = notificationItem({ ...notice, readAt: null });
        live.tell({ type: "notification", notification, unread: store.notifications.unread() });
      },
    };
    const channels = createChannels({ store: store.channels, vault: store.vault, connect, inbox, now, log });
    const perform = createPerformers({ broker, channels, connect, now });
    const outbox = createOutbox({ store: store.outbox, perform, now, schedule, random: Math.random, log });
    const runtime = createRuntime({
      specs: nodes,
      store: store.runtime,
      publish: broker.publish,
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
    const live = createLiveDesk({ runtime, broker });

    broker.onMessage((arrival) => {
      devices.arrival(arrival);
      runtime.receive(arrival);
    });
    broker.onSession(devices.session);
    broker.onRefusal(devices.knocks.note);
    devices.onPresence((report) => runtime.presence({ type: "presence", ...report }));
    devices.onChange((id) => {
      const device = devices.get(id);
      if (device !== undefined) live.tell({ type: "device", device: deviceSummary(device) });
    });
    runtime.onRun(traces.note);
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
    health.onChange((state) => {
      live.tell({ type: "health", health: state });
      if (state.state === "failed") for (const listener of fatalListeners) listener(state.reasons.join(" "));
    });

    let mqttPort: number | undefined;
    const demo = createDemo({
      credentialsFor: (device) => simulatedDevice(devices, device),
      async addFlow(flow) {
        if (catalog.get(flow.id) !== undefined) return;
        const by = { user: { name: "demo" } };
        await catalog.create({ document: flow }, by);
        await catalog.deploy({ id: flow.id, comment: "Demo", by });
      },
      mqttPort: () => mqttPort ?? 0,
      now,
      random: Math.random,
      log,
    });

    async function openMqtt(): Promise<void> {
      mqttPort = await broker.openTcp({ host: profile.host(), port: settings.mqttPort });
      if (settings.demo) await demo.start();
    }

    async function finishSetup({ hubName: name, zone, openToNetwork }: SetupRequest): Promise<void> {
      await profile.save({ name, zone, openToNetwork });
      removeSetupToken(settings.data);
      await openMqtt();
      log.info({ openToNetwork }, "The hub has been set up.");
    }

    const hubInfo = (): HubInfo => ({
      name: profile.current().name,
      version,
      zone: profile.current().zone,
      mqtt: { host: advertisedHost(profile.host()), port: mqttPort ?? null, open: mqttPort !== undefined },
      demo: settings.demo,
    });
    const parts = createApiParts({
      store,
      auth,
      broker,
      devices,
      channels,
      outbox,
      catalog,
      traces,
      live,
      health,
      templates: library,
      metrics: hubMetrics({ broker, outbox, runtime, traces }),
      bootId,
      hubInfo,
      finishSetup,
      now,
    });
    const api = createApi({
      parts,
      settings: { host: profile.host(), port: settings.httpPort },
      webFolder: builtEditor(),
      log,
      now,
    });
    api.onUpgrade("/mqtt", broker.handleUpgrade);

    const startedAt = now();
    const downtime = { from: store.runtime.heartbeat() ?? startedAt, to: startedAt };
    await store.audit.prune(startedAt - AUDIT_KEPT_MS);
    devices.start();
    stops.push(devices.stop);
    await broker.start();
    stops.push(() => traces.flush(), runtime.stop, broker.stop);
    runtime.start(catalog.enabled(), downtime);
    await outbox.start();
    stops.push(outbox.stop);
    const { port: httpPort } = await api.start();
    stops.push(api.stop);
    const beat = setInterval(() => void store.runtime.setHeartbeat(now()).catch(() => {}), HEARTBEAT_MS);
    stops.push(() => clearInterval(beat), demo.stop);
    const setUp = await auth.prepareSetUp();
    if (setUp === undefined) await openMqtt();
    else writeFileSync(join(settings.data, "setup-token"), `${setUp.token}\n`, { mode: 0o600 });
    health.setPhase("running");
    stops.push(() => health.setPhase("stopping"));
    const setupUrl = setUp && `http://localhost:${httpPort}/setup#${setUp.token}`;
    return { httpPort, mqttPort, setupUrl };
  }

  async function stopAll(): Promise<void> {
    const errors: unknown[] = [];
    for (const stop of stops.splice(0).toReversed()) {
      try {
        await stop();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, "The hub did not stop cleanly.");
  }

  return {
    async start() {
      try {
        return await start();
      } catch (error) {
        await stopAll().catch((failure: unknown) =>
          log.error({ err: failure }, "Cleaning up after a failed start failed too."),
        );
        throw error;
      }
    },
    stop: () => (stopping ??= stopAll()),
    onFatal: (listener) => void fatalListeners.add(listener),
  };
}

function schedule(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, Math.min(delayMs, TIMER_MAX_MS));
  return () => clearTimeout(timer);
}

/** The built editor, beside the bundle or in the checkout. */
function builtEditor(): string | undefined {
  const places = ["../web", "../dist/web"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(join(place, "index.html")) && existsSync(join(place, "assets")));
}

function removeSetupToken(folder: string): void {
  rmSync(join(folder, "setup-token"), { force: true });
}

/** The address to tell devices: on all addresses, the first one of the local network. */
function advertisedHost(host: string): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}

/** A device of the demo; its token is new at each start, so that none has to be kept. */
async function simulatedDevice(
  devices: Devices,
  { name, area }: { readonly name: string; readonly area: string },
) {
  const known = devices.list().find((device) => device.simulated && device.name === name);
  const added = known ?? (await addSimulated(devices, name, area));
  const issued = await devices.issueCredential(added.id);
  if (issued === undefined) throw new Error(`The simulated device ${name} is gone.`);
  return { id: added.id, ...issued };
}

async function addSimulated(devices: Devices, name: string, area: string): Promise<{ readonly id: string }> {
  const answer = await devices.add({ name, area, preset: "any", simulated: true, graceMs: DEMO_GRACE_MS });
  if (!answer.ok) throw new Error(answer.problems.map(({ message }) => message).join(" "));
  return answer.device;
}
