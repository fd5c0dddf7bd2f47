import type {
  CertificateRequest,
  CertificateSummary,
  DeviceCertificate,
  RevokeAnswer,
  RevokeRequest,
} from "./contract.ts";
import { found, idParams, type IdParams } from "./ids.ts";
import type { ApiParts } from "./parts.ts";
import { ApiProblem } from "./problem.ts";
import { route, type Route } from "./route.ts";
import { exactly, listOf, optional, text, yesOrNo } from "./schema.ts";
import { certificateSummary, deviceCertificate, revokeAnswer } from "./schemas/device.ts";

/** With colons between the bytes it has 95 characters. */
const FINGERPRINT_LENGTH = 128;

/** Certificates of devices, and what they must trust. */
export function certificateRoutes({ devices, hub }: Pick<ApiParts, "devices" | "hub">): readonly Route[] {
  return [
    route<{ params: IdParams; body: CertificateRequest; answer: DeviceCertificate }>({
      method: "POST",
      path: "/devices/:id/certificate",
      scope: "devices:write",
      role: "admin",
      summary: "Makes a key and a certificate for a device; the key is shown this once.",
      description: "With `only` the token and the earlier certificates of the device end at once.",
      params: idParams,
      body: exactly<CertificateRequest>({ only: optional(yesOrNo) }),
      isBodyOptional: true,
      status: 201,
      answer: deviceCertificate.ref,
      handle: ({ params: { id }, body, who }) => devices.issueCertificate(id, body, who),
    }),
    route<{ params: IdParams; answer: readonly CertificateSummary[] }>({
      method: "GET",
      path: "/devices/:id/certificates",
      scope: "devices:read",
      role: "admin",
      summary: "Lists the certificates of a device that have not expired.",
      params: idParams,
      answer: listOf(certificateSummary.ref),
      handle: ({ params: { id } }) => {
        found(devices.get(id), "device.unknown", "device", id);
        return devices.certificates(id);
      },
    }),
    route<{ params: IdParams; body: RevokeRequest; answer: RevokeAnswer }>({
      method: "POST",
      path: "/devices/:id/revoke",
      scope: "devices:write",
      role: "admin",
      summary: "Ends a certificate of a device, or all that it can log in with, and closes its connection.",
      params: idParams,
      body: exactly<RevokeRequest>({ fingerprint: optional(text(FINGERPRINT_LENGTH, { minLength: 1 })) }),
      isBodyOptional: true,
      answer: revokeAnswer,
      handle: ({ params: { id }, body, who }) => devices.revoke(id, body, who),
    }),
    route<{ answer: string }>({
      method: "GET",
      path: "/ca.crt",
      scope: "devices:read",
      summary: "Gives the authority that clients must trust to connect with TLS.",
      answer: { type: "string" },
      media: "application/x-pem-file",
      handle: () => caOf(hub),
    }),
  ];
}

function caOf({ trust }: ApiParts["hub"]): string {
  const pem = trust();
  if (pem !== undefined && pem !== "") return pem;
  throw new ApiProblem(
    "certificate.unknown",
    pem === undefined
      ? "This hub serves nothing over TLS yet; make a certificate for a device, or set a port for TLS."
      : "The certificate of this hub comes from an authority that systems trust already.",
  );
}
