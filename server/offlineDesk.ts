import { randomBytes } from "node:crypto";
import type { HubInfo } from "./api/contract.ts";
import { advertisedHost } from "./advertisedHost.ts";
import { auditor } from "./audit.ts";
import { createCertificates } from "./certificates/certificates.ts";
import type { DeviceDesk } from "./deviceDesk.ts";
import { createDevices } from "./devices/devices.ts";
import { devicesPart } from "./devicesPart.ts";
import { createProfile } from "./hubProfile.ts";
import { localWho } from "./localControl.ts";
import { refusal } from "./refusal.ts";
import { MQTTS_PORT_DEFAULT, type Settings } from "./settings.ts";
import { openStore } from "./store/store.ts";
import { version } from "./version.ts";

const noLog = { error: () => {} };
/** Nothing is watched or timed: the folder is closed again at once. */
const never = () => () => {};

/** Devices of a hub that does not run: opens its data folder, which nobody else can do meanwhile. */
export async function openOfflineDesk(settings: Settings): Promise<DeviceDesk> {
  const now = Date.now;
  const store = await openStore({ folder: settings.data, now });
  const profile = createProfile(store.settings, settings.host);
  const certificates = createCertificates({
    store: store.certificates,
    folder: settings.data,
    given: { cert: settings.tlsCert, key: settings.tlsKey, ca: settings.tlsCa },
    names: settings.tlsNames,
    isDevice: (id) => devices.identityOf(id) !== undefined,
    now,
    schedule: never,
    onProblem: () => {},
    onExpiry: () => {},
  });
  const devices = createDevices({
    store: store.devices,
    now,
    schedule: never,
    log: noLog,
    newToken: () => randomBytes(16).toString("base64url"),
    hasCertificate: certificates.hasValid,
  });
  devices.load();
  const part = devicesPart(
    {
      devices,
      certificates,
      broker: { clients: () => [], kick: () => false, refreshAccess: () => {} },
      hubInfo: () => futureInfo(settings, profile),
      tlsSettled: async () => {},
    },
    auditor({ store, now }),
  );
  return {
    list: async () => part.list(),
    add: (request) => part.add(request, localWho),
    async remove(id) {
      if (!(await part.remove(id, localWho))) throw refusal("device.unknown", `There is no device "${id}".`);
    },
    renew: (id) => part.renewCredentials(id, localWho),
    certify: (id, only) => part.issueCertificate(id, { only }, localWho),
    certificates: async (id) => part.certificates(id),
    revoke: (id, fingerprint) => part.revoke(id, fingerprint === undefined ? {} : { fingerprint }, localWho),
    close: store.close,
  };
}

/** Where the hub will be reached once it runs with these settings. */
function futureInfo(
  { mqttPort, mqttsPort = MQTTS_PORT_DEFAULT, demo }: Settings,
  profile: ReturnType<typeof createProfile>,
): HubInfo {
  const { name, zone } = profile.current();
  const tlsPort = mqttsPort === "off" || mqttsPort === 0 ? null : mqttsPort;
  const port = mqttPort === 0 ? null : mqttPort;
  return {
    name,
    version,
    zone,
    mqtt: { host: advertisedHost(profile.host()), port, tlsPort, open: false },
    demo,
  };
}
