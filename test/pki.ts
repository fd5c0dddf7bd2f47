import { generateKeyPairSync, X509Certificate, type KeyObject } from "node:crypto";
import { fingerprintOf } from "../server/certificates/fingerprint.ts";
import {
  signCertificate,
  type CertificateRequest,
  type Signer,
} from "../server/certificates/signCertificate.ts";

/** A key with its certificate, as PEM, made at run time. */
export interface TestPair {
  readonly key: string;
  readonly cert: string;
  readonly fingerprint: string;
}

/** An authority of a test. */
export interface TestAuthority {
  readonly ca: string;
  issue(request: Partial<Omit<CertificateRequest, "publicKey">>): TestPair;
}

const DAY_MS = 86_400_000;

/** Makes an authority; a second one of the same name is another one all the same. */
export function createTestAuthority(subject = "Test CA"): TestAuthority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = { subject, ...keys };
  const own = signed({ subject, use: "authority", names: [] }, signer, keys.publicKey);
  return {
    ca: own,
    issue(request) {
      const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const cert = signed({ use: "client", names: [], subject: "client", ...request }, signer, publicKey);
      const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
      return { cert, key, fingerprint: fingerprintOf(new X509Certificate(cert).raw) };
    },
  };
}

function signed(
  request: Omit<CertificateRequest, "publicKey" | "from" | "until"> & Partial<CertificateRequest>,
  signer: Signer,
  publicKey: KeyObject,
): string {
  const now = Date.now();
  return signCertificate({ from: now - DAY_MS, until: now + DAY_MS, ...request, publicKey }, signer);
}
