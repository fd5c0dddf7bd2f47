import type { Broker } from "./broker/broker.ts";
import type { Certificates } from "./certificates/certificates.ts";
import type { HealthWatch } from "./hubHealth.ts";
import type { HubLog, HubWorld } from "./hubParts.ts";
import { portProblem } from "./portProblem.ts";
import { MQTTS_PORT_DEFAULT } from "./settings.ts";

/** The TLS listener of the hub: open while there is a certificate to serve. */
export interface TlsPart {
  /** Devices may come from now on. Never fails: what is wrong is told in the health of the hub. */
  open(): Promise<void>;
  /** What has begun is done: a certificate that was just made is served, or it was told why not. */
  settled(): Promise<void>;
  stop(): void;
  readonly port: number | undefined;
}

/** What the listener is made of. */
export interface TlsPartWiring extends Pick<HubWorld, "settings" | "log" | "schedule"> {
  readonly certificates: Certificates;
  readonly broker: Pick<Broker, "openTls" | "secureTls">;
  readonly health: Pick<HealthWatch, "report">;
  readonly host: () => string;
}

/** A port that another program holds is asked for again. */
const RETRY_MS = 30_000;

/** Opens the listener once it is wanted: a port was set, a certificate was given, or the hub has made one. */
export function createTlsPart(wiring: TlsPartWiring): TlsPart {
  const { settings, certificates, broker, health, log } = wiring;
  let port: number | undefined;
  let [isReady, isStarted] = [false, false];
  let cancelRetry = () => {};
  let last: Promise<void> = Promise.resolve();

  const isWanted = () =>
    settings.mqttsPort !== "off" && (settings.mqttsPort !== undefined || certificates.exists());

  async function apply(): Promise<void> {
    if (!isReady || !isWanted()) return;
    if (!isStarted) {
      isStarted = true;
      certificates.start();
    }
    const material = certificates.material();
    if (material === undefined) return;
    const options = { ...material, clientCertificates: settings.clientCertificates };
    if (port === undefined) await open(options);
    else broker.secureTls(options);
  }

  async function open(options: Parameters<Broker["openTls"]>[1]): Promise<void> {
    const wanted = settings.mqttsPort === "off" ? undefined : settings.mqttsPort;
    try {
      port = await broker.openTls({ host: wiring.host(), port: wanted ?? MQTTS_PORT_DEFAULT }, options);
      health.report("mqtts", undefined);
      log.info({ port }, "Devices can connect with TLS.");
    } catch (error) {
      const sentence = `Devices cannot connect with TLS: ${portProblem(error)}`;
      log.error({ err: error }, "The TLS listener could not be opened.");
      health.report("mqtts", sentence);
      cancelRetry = wiring.schedule(() => void inTurn(), RETRY_MS);
    }
  }

  /** One after the other: a certificate may change while the listener opens. */
  function inTurn(): Promise<void> {
    last = last.then(apply).catch((error: unknown) => {
      log.error({ err: error }, "The TLS listener could not take its certificate.");
    });
    return last;
  }

  const off = certificates.onMaterial(() => void inTurn());
  return {
    open() {
      isReady = true;
      return inTurn();
    },
    settled: () => last,
    stop() {
      isReady = false;
      off();
      cancelRetry();
      certificates.stop();
    },
    get port() {
      return port;
    },
  };
}

/** Tells health and log about the certificate of the hub, each thing once. */
export function tlsReports({ health, log }: { readonly health: HealthWatch; readonly log: HubLog }) {
  let told: string | undefined;
  return {
    onProblem(sentence: string | undefined): void {
      if (sentence === told) return;
      told = sentence;
      health.report("certificate", sentence);
      if (sentence === undefined) log.info({}, "The TLS certificate can be used again.");
      else log.error({ reason: sentence }, "The TLS certificate cannot be used.");
    },
    onExpiry(sentence: string | undefined, stage: "far" | "month" | "fortnight" | "days" | "over"): void {
      const isUrgent = stage === "days" || stage === "over";
      health.warn("certificate-expiry", isUrgent ? undefined : sentence);
      health.report("certificate-expiry", isUrgent ? sentence : undefined);
      if (sentence !== undefined) log.warn({ reason: sentence }, "A TLS certificate must be renewed.");
    },
  };
}

/** Says that clients get in without a credential, where an administrator wants it so. */
export function warnOfAnonymous({
  settings,
  health,
  log,
}: Pick<HubWorld, "settings" | "log"> & { readonly health: HealthWatch }): void {
  const { anonymous, anonymousTopics } = settings;
  if (anonymous.length === 0) return;
  const places = anonymous.map((place) => (place === "loopback" ? "this computer" : place)).join(", ");
  const sentence = `Clients get in without a credential (${places}) and may use ${anonymousTopics.join(", ")}.`;
  health.warn("anonymous", sentence);
  log.warn({ anonymous, anonymousTopics }, "Clients get in without a credential.");
}
