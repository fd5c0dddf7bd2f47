import type { ApiParts } from "./api/api.ts";
import type { DeviceCredentials, HubInfo } from "./api/contract.ts";
import type { Audit } from "./audit.ts";
import { type CertificateParts, deviceCertificates } from "./deviceCertificates.ts";
import type { HubParts } from "./hubParts.ts";
import { deviceSummary } from "./liveDesk.ts";
import { refusal, refusedAs } from "./refusal.ts";

/** What credentials are made of. */
export type CredentialParts = Pick<HubParts, "devices"> & { readonly hubInfo: () => HubInfo };

/** The part of the broker that lets devices in; a hub that does not run has no clients. */
export type DeviceBroker = Pick<HubParts["broker"], "clients" | "kick" | "refreshAccess">;

/** A new password for a device, with where to connect; it is shown once. */
export async function credentialsOf(
  { devices, hubInfo }: CredentialParts,
  id: string,
): Promise<DeviceCredentials> {
  const issued = await devices.issueCredential(id);
  if (issued === undefined) throw refusal("device.unknown", `There is no device "${id}".`);
  const { host, port } = hubInfo().mqtt;
  return { id, host, port, ...issued };
}

/** Devices for the API. */
export function devicesPart(wiring: CertificateParts, audit: Audit): ApiParts["devices"] {
  const { devices, broker, certificates } = wiring;
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
        if (!answer.ok) throw refusedAs("device", "The device was not added.", answer.problems);
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
        // First, so that a device of the same name that comes later never inherits them.
        await certificates.revoke(id);
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
    ...deviceCertificates(wiring, audit),
  };
}
