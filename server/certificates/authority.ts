import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CertificateError } from "./certificateError.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { readPair } from "./keyPair.ts";
import { refuseOthers, writeSecret } from "./secretFiles.ts";
import { signCertificate, type Signer } from "./signCertificate.ts";

/** A private key and its certificate, as PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for a device, shown once. */
export interface ClientKeyAndCertificate extends KeyAndCertificate {
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** The hub's own certificate authority. */
export interface Authority {
  /** PEM; whoever trusts it trusts the hub. */
  readonly certificate: string;
  readonly expiresAt: number;
  /** True for what this authority has signed. */
  isIssuerOf(certificate: X509Certificate): boolean;
  issueServer(names: readonly string[], at: number): KeyAndCertificate;
  issueClient(device: string, at: number): ClientKeyAndCertificate;
}

const DAY_MS = 86_400_000;
const AUTHORITY_LIVES_MS = 3_652 * DAY_MS;
/** Some systems take no server certificate that lives longer than 825 days, whoever signed it. */
const SERVER_LIVES_MS = 365 * DAY_MS;
const CLIENT_LIVES_MS = 730 * DAY_MS;
/** Clocks of devices differ; what was made a moment ago must be valid for them. */
const BACKDATED_MS = DAY_MS;

/** True when the hub has made its authority already. */
export function hasAuthority(folder: string): boolean {
  return existsSync(join(folder, "ca.crt")) && existsSync(join(folder, "ca.key"));
}

/** Reads the authority from its folder; the first time it is made. */
export function openAuthority(folder: string, at: number): Authority {
  const [certFile, keyFile] = [join(folder, "ca.crt"), join(folder, "ca.key")];
  if (!hasAuthority(folder)) make(certFile, keyFile, at);
  refuseOthers(keyFile);
  const { cert, key, leaf } = readPair({ certFile, keyFile });
  const subject = /^CN=(.+)$/m.exec(leaf.subject)?.[1];
  if (subject === undefined || !leaf.ca)
    throw new CertificateError(
      `${certFile} is no certificate of an authority that this hub made; put the right file back, or move both ca.* files away for a new one.`,
    );
  const privateKey = createPrivateKey(key);
  const signer = { subject, privateKey, publicKey: createPublicKey(privateKey) };
  return { certificate: cert, ...issuing(signer, leaf) };
}

function make(certFile: string, keyFile: string, at: number): void {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // A name of its own: devices that know two hubs must tell their authorities apart.
  const subject = `Millrace CA ${fingerprintOf(publicKey.export({ type: "spki", format: "der" })).slice(0, 8)}`;
  const lifetime = { from: at - BACKDATED_MS, until: at + AUTHORITY_LIVES_MS };
  const cert = signCertificate(
    { subject, publicKey, ...lifetime, use: "authority", names: [] },
    { subject, privateKey, publicKey },
  );
  writeSecret(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }));
  writeSecret(certFile, cert);
}

function issuing(signer: Signer, own: X509Certificate): Omit<Authority, "certificate"> {
  const expiresAt = Date.parse(own.validTo);

  function issue(
    request: {
      readonly subject: string;
      readonly names: readonly string[];
      readonly use: "server" | "client";
    },
    { at, livesMs }: { readonly at: number; readonly livesMs: number },
  ): KeyAndCertificate & { readonly leaf: X509Certificate } {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const lifetime = { from: at - BACKDATED_MS, until: Math.min(at + livesMs, expiresAt) };
    const cert = signCertificate({ ...request, ...lifetime, publicKey }, signer);
    const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    return { cert, key, leaf: new X509Certificate(cert) };
  }

  return {
    expiresAt,
    isIssuerOf: (certificate) => certificate.checkIssued(own),
    issueServer(names, at) {
      const { key, cert } = issue(
        { subject: "Millrace", names, use: "server" },
        { at, livesMs: SERVER_LIVES_MS },
      );
      return { key, cert };
    },
    issueClient(device, at) {
      const names = [`urn:millrace:device:${device}`];
      const { key, cert, leaf } = issue(
        { subject: device, names, use: "client" },
        { at, livesMs: CLIENT_LIVES_MS },
      );
      return { key, cert, fingerprint: fingerprintOf(leaf.raw), expiresAt: Date.parse(leaf.validTo) };
    },
  };
}
