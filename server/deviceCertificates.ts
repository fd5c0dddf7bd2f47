import type { ApiParts } from "./api/api.ts";
import type { Audit } from "./audit.ts";
import { readFingerprint } from "./certificates/certificates.ts";
import type { CredentialParts, DeviceBroker } from "./devicesPart.ts";
import type { HubParts } from "./hubParts.ts";
import { refusal } from "./refusal.ts";

type CertificatesPart = Pick<ApiParts["devices"], "issueCertificate" | "certificates" | "revoke">;

/** Certificates of one device that are in force at once; more is a script that went wild. */
const IN_FORCE_MAX = 20;

/** What certificates of devices are made with. */
export interface CertificateParts extends CredentialParts, Pick<HubParts, "certificates"> {
  readonly broker: DeviceBroker;
  /** A certificate that was just made is served. */
  readonly tlsSettled: () => Promise<void>;
}

/** Certificates of devices for the API. */
export function deviceCertificates(wiring: CertificateParts, audit: Audit): CertificatesPart {
  const { devices, certificates, broker, hubInfo } = wiring;

  async function endAll(id: string): Promise<{ readonly certificates: number; readonly token: boolean }> {
    return { certificates: await certificates.revoke(id), token: await devices.endToken(id) };
  }

  return {
    issueCertificate: (id, { only = false }, by) =>
      audit(by, "devices.certificate", id, async () => {
        if (!(await devices.adopt(id))) throw refusal("device.unknown", `There is no device "${id}".`);
        if (only) await endAll(id);
        const inForce = certificates.of(id).filter(({ revokedAt }) => revokedAt === null);
        if (inForce.length >= IN_FORCE_MAX)
          throw refusal(
            "certificate.too-many",
            `The device "${id}" has ${IN_FORCE_MAX} certificates in force; revoke some first.`,
          );
        const issued = await certificates.issue(id);
        await wiring.tlsSettled();
        broker.refreshAccess(id);
        const { host, tlsPort: port } = hubInfo().mqtt;
        return { id, host, port, ...issued };
      }),
    certificates: (id) => certificates.of(id).map(({ device: _device, ...summary }) => summary),
    revoke: (id, { fingerprint }, by) =>
      audit(by, "devices.revoke", id, async () => {
        if (devices.get(id) === undefined) throw refusal("device.unknown", `There is no device "${id}".`);
        const one = fingerprint === undefined ? undefined : readFingerprint(fingerprint);
        if (fingerprint !== undefined && one === undefined)
          throw refusal(
            "certificate.invalid",
            "A fingerprint is the SHA-256 of a certificate: 64 hexadecimal digits.",
          );
        const ended =
          one === undefined
            ? await endAll(id)
            : { certificates: await certificates.revoke(id, one), token: false };
        broker.refreshAccess(id);
        return ended;
      }),
  };
}
