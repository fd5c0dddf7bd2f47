import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { library } from "#flows/library/index.ts";
import { type Api, createApi } from "./api/api.ts";
import type { HubInfo, SetupRequest } from "./api/contract.ts";
import { createApiParts } from "./apiParts.ts";
import { advertisedHost } from "./advertisedHost.ts";
import { type Demo, createDemo } from "./demo/demo.ts";
import { createDemoHost } from "./demoHost.ts";
import { hubMetrics } from "./hubMetrics.ts";
import { type HubLog, type HubParts, type HubWorld, connectHubParts, openHubParts } from "./hubParts.ts";
import { newLocalToken, removeControl, withLocalToken, writeControl } from "./localControl.ts";
import { createLoopDelay } from "./loopDelay.ts";
import type { Settings } from "./settings.ts";
import { portProblem } from "./portProblem.ts";
import { readReplay } from "./replay.ts";
import { createStops } from "./stops.ts";
import { type TlsPart, createTlsPart, warnOfAnonymous } from "./tlsPart.ts";
import { version } from "./version.ts";

/** Where a running hub is reached. */
export interface Ready {
  readonly httpPort: number;
  /** `undefined` until the set-up is done. */
  readonly mqttPort: number | undefined;
  /** `undefined` while MQTT over TLS is closed. */
  readonly mqttsPort: number | undefined;
  /** The one-time link, while nobody has set the hub up. */
  readonly setupUrl: string | undefined;
}

/** The whole hub: one process, one data folder. */
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

/** The hub of these settings; nothing happens before `start`. */
export function createHub({ settings, log }: { readonly settings: Settings; readonly log: HubLog }): Hub {
  const now = Date.now;
  const bootId = now().toString(36) + randomBytes(2).toString("hex");
  const world: HubWorld = { settings, log, now, schedule, bootId };
  const stops = createStops();
  const loopDelay = createLoopDelay({ elapsed: () => performance.now(), schedule });
  const fatalListeners = new Set<(sentence: string) => void>();
  let mqttPort: number | undefined;

  async function start(): Promise<Ready> {
    const parts = await openHubParts(world);
    stops.add(parts.store.close);
    connectHubParts(parts);
    parts.health.onChange(({ state, reasons }) => {
      if (state === "failed") for (const listener of fatalListeners) listener(reasons.join(" "));
    });
    const { adminPassword } = settings;
    if (adminPassword !== undefined)
      await parts.auth.setUpUnattended({ name: "admin", password: adminPassword });
    const demo = createDemo(createDemoHost(parts, { ...world, mqttPort: () => mqttPort ?? 0 }));
    stops.add(demo.stop);
    const tls = createTlsPart({ ...world, ...parts, host: parts.profile.host });
    stops.add(tls.stop);
    const localToken = newLocalToken();
    const api = createHubApi({ ...parts, auth: withLocalToken(parts.auth, localToken) }, demo, tls);
    loopDelay.start();
    stops.add(loopDelay.stop);
    await startParts(parts);
    const { port: httpPort } = await api.start();
    stops.add(api.stop);
    stops.add(() => removeControl(settings.data));
    writeControl(settings.data, { url: localUrl(parts.profile.host(), httpPort), token: localToken });
    const setupUrl = await openOrAskForSetup(parts, { demo, tls, httpPort });
    warnOfAnonymous({ ...world, ...parts });
    parts.health.setPhase("running");
    stops.add(parts.store.lastChance, () => parts.health.setPhase("stopping"));
    return { httpPort, mqttPort, mqttsPort: tls.port, setupUrl };
  }

  /** In the order of the reliability reference, section 7: memory first, then what brings news. */
  async function startParts({
    store,
    devices,
    broker,
    runtime,
    traces,
    catalog,
    outbox,
    notices,
  }: HubParts): Promise<void> {
    const startedAt = now();
    const downtime = { from: store.runtime.heartbeat() ?? startedAt, to: startedAt };
    await store.audit.prune(startedAt - AUDIT_KEPT_MS);
    devices.start();
    stops.add(devices.stop);
    await broker.start();
    stops.add(traces.flush, runtime.stop, broker.stop);
    for (const { topic, payload } of broker.retained("#")) devices.retained(topic, payload);
    await runtime.start(catalog.enabled(), downtime, await readReplay({ store, notices, log }));
    await outbox.start();
    stops.add(outbox.stop);
    const beating = setInterval(() => {
      // A store that cannot write says so in the hub's health; the next beat tries again.
      store.runtime.setHeartbeat(now()).catch(() => {});
    }, HEARTBEAT_MS);
    stops.add(() => clearInterval(beating));
  }

  function createHubApi(parts: HubParts, demo: Demo, tls: TlsPart): Api {
    const { profile, broker } = parts;

    async function finishSetup({ hubName: name, zone, openToNetwork }: SetupRequest): Promise<void> {
      await profile.save({ name, zone, openToNetwork });
      rmSync(setupTokenFile(settings), { force: true });
      // Whoever has just become the administrator must get in, also where another program holds the port.
      await openMqtt(parts, demo, tls).catch((error: unknown) => {
        log.error({ err: error }, "The MQTT listener could not be opened.");
        parts.health.report("mqtt", `Devices cannot connect: ${portProblem(error)}`);
      });
      api.moveTo(profile.host());
      log.info({ openToNetwork }, "The hub has been set up.");
    }

    const hubInfo = (): HubInfo => ({
      name: profile.current().name,
      version,
      zone: profile.current().zone,
      mqtt: {
        host: advertisedHost(profile.host()),
        port: mqttPort ?? null,
        tlsPort: tls.port ?? null,
        open: mqttPort !== undefined,
      },
      demo: settings.demo,
    });
    const metrics = hubMetrics({ ...parts, loopDelay });
    const apiParts = createApiParts({
      ...parts,
      templates: library,
      metrics,
      bootId,
      hubInfo,
      finishSetup,
      tlsSettled: tls.settled,
      now,
    });
    const place = { host: profile.host(), port: settings.httpPort };
    const api = createApi({ parts: apiParts, settings: place, webFolder: builtEditor(), log, now });
    api.onUpgrade("/mqtt", broker.handleUpgrade);
    return api;
  }

  async function openMqtt({ broker, profile }: HubParts, demo: Demo, tls: TlsPart): Promise<void> {
    await tls.open();
    mqttPort = await broker.openTcp({ host: profile.host(), port: settings.mqttPort });
    if (settings.demo) await demo.start();
  }

  /** Devices are let in once there is an administrator; until then there is a link that makes one. */
  async function openOrAskForSetup(
    parts: HubParts,
    { demo, tls, httpPort }: { readonly demo: Demo; readonly tls: TlsPart; readonly httpPort: number },
  ): Promise<string | undefined> {
    const setUp = await parts.auth.prepareSetUp();
    if (setUp === undefined) {
      await openMqtt(parts, demo, tls);
      return undefined;
    }
    writeFileSync(setupTokenFile(settings), `${setUp.token}\n`, { mode: 0o600 });
    return `http://localhost:${httpPort}/setup#${setUp.token}`;
  }

  return {
    async start() {
      try {
        return await start();
      } catch (error) {
        await stops.run().catch((failure: unknown) => {
          log.error({ err: failure }, "Cleaning up after a failed start failed too.");
        });
        throw error;
      }
    },
    stop: stops.run,
    onFatal: (listener) => void fatalListeners.add(listener),
  };
}

function schedule(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, Math.min(delayMs, TIMER_MAX_MS));
  return () => clearTimeout(timer);
}

function setupTokenFile({ data }: Settings): string {
  return join(data, "setup-token");
}

/** The built editor, beside the bundle or in the checkout. */
function builtEditor(): string | undefined {
  const places = ["../web", "../dist/web"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(join(place, "index.html")) && existsSync(join(place, "assets")));
}

/** Where this computer itself reaches the API. */
function localUrl(host: string, port: number): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}
