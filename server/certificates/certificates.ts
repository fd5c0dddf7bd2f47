import { join } from "node:path";
import { hasAuthority } from "./authority.ts";
import type { CertificateRow, CertificateStore } from "./certificateStore.ts";
import type { ClientCertificate, Verdict } from "./clientCertificate.ts";
import type { ExpiryStage } from "./expiry.ts";
import { createRegister } from "./register.ts";
import { createServerPair, type GivenFiles, type TlsMaterial } from "./serverPair.ts";

export type { CertificateRow } from "./certificateStore.ts";
export type { ClientCertificate } from "./clientCertificate.ts";
export { readFingerprint } from "./fingerprint.ts";
export type { GivenFiles, TlsMaterial } from "./serverPair.ts";

/** A certificate for a device; the key is shown once and not kept. */
export interface IssuedCertificate {
  readonly key: string;
  readonly certificate: string;
  /** What the device must trust; empty when the hub's certificate comes from an authority that everybody trusts. */
  readonly ca: string;
  readonly fingerprint: string;
  readonly expiresAt: number;
}

/** The hub's own authority, its server certificate, and the certificates of devices. */
export interface Certificates {
  /** Reads what is there and watches it; before, nothing is served. */
  start(): void;
  stop(): void;
  /** True where a certificate was given or the hub has made its own. */
  exists(): boolean;
  /** What TLS listeners serve; `undefined`: nothing usable, and `onProblem` was told why. */
  material(): TlsMaterial | undefined;
  /** Told what to serve from now on; returns its own off. */
  onMaterial(listener: (material: TlsMaterial) => void): () => void;
  /** What clients must trust, as PEM; may be empty. */
  trust(): string;
  issue(device: string): Promise<IssuedCertificate>;
  of(device: string): readonly CertificateRow[];
  hasValid(device: string): boolean;
  revoke(device: string, fingerprint?: string): Promise<number>;
  verdict(certificate: ClientCertificate): Verdict;
}

/** What the certificates need. */
export interface CertificatesParts {
  readonly store: CertificateStore;
  /** The data folder. */
  readonly folder: string;
  readonly given: GivenFiles;
  readonly names: readonly string[];
  readonly isDevice: (id: string) => boolean;
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** The server certificate cannot be used, in a sentence; `undefined`: it can again. */
  readonly onProblem: (sentence: string | undefined) => void;
  /** Something ends soon; `undefined`: it was renewed. */
  readonly onExpiry: (sentence: string | undefined, stage: ExpiryStage) => void;
  readonly debounceMs?: number;
}

/** Reads nothing but the register before `start`. */
export function createCertificates(parts: CertificatesParts): Certificates {
  const { given, now } = parts;
  const folder = join(parts.folder, "tls");
  const listeners = new Set<(material: TlsMaterial) => void>();
  const pair = createServerPair({
    ...parts,
    folder,
    onChange: (material) => {
      for (const listener of listeners) listener(material);
    },
  });
  const register = createRegister({
    ...parts,
    isOwn: (certificate) => hasAuthority(folder) && pair.authority().isIssuerOf(certificate),
  });

  return {
    start: pair.start,
    stop: pair.stop,
    exists: () => given.cert !== undefined || hasAuthority(folder),
    material: pair.current,
    onMaterial(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    trust: pair.trust,
    async issue(device) {
      const issuedAt = now();
      const { key, cert, fingerprint, expiresAt } = pair.authority().issueClient(device, issuedAt);
      await register.add({ fingerprint, device, issuedAt, expiresAt, revokedAt: null });
      pair.refresh();
      return { key, certificate: cert, ca: pair.trust(), fingerprint, expiresAt };
    },
    of: register.of,
    hasValid: register.hasValid,
    revoke: register.revoke,
    verdict: register.verdict,
  };
}
