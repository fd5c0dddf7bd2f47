import { X509Certificate } from "node:crypto";
import type { CertificateRow, CertificateStore } from "./certificateStore.ts";
import type { ClientCertificate, Verdict } from "./clientCertificate.ts";

/** Which certificates belong to which device. */
export interface Register {
  of(device: string): readonly CertificateRow[];
  /** True while the device has a certificate of ours that opens the door. */
  hasValid(device: string): boolean;
  add(row: CertificateRow): Promise<void>;
  /** Revokes one certificate, or all of a device; answers how many. */
  revoke(device: string, fingerprint?: string): Promise<number>;
  verdict(certificate: ClientCertificate): Verdict;
}

/** What the register needs. */
export interface RegisterParts {
  readonly store: CertificateStore;
  /** True for a device of the registry. */
  readonly isDevice: (id: string) => boolean;
  /** True for what our own authority has signed. */
  readonly isOwn: (certificate: X509Certificate) => boolean;
  readonly now: () => number;
}

/** A certificate of a stranger that is revoked stays on the list so long. */
const FOREIGN_KEPT_MS = 10 * 365 * 86_400_000;

/** Reads the register; all of it is kept in memory. */
export function createRegister({ store, isDevice, isOwn, now }: RegisterParts): Register {
  const rows = new Map<string, CertificateRow>();
  const byDevice = new Map<string, Set<string>>();
  for (const row of store.all()) keep(row);

  function keep(row: CertificateRow): void {
    rows.set(row.fingerprint, row);
    const own = byDevice.get(row.device) ?? new Set();
    byDevice.set(row.device, own.add(row.fingerprint));
  }

  function of(device: string): readonly CertificateRow[] {
    return [...(byDevice.get(device) ?? [])].flatMap((fingerprint) => rows.get(fingerprint) ?? []);
  }

  async function put(changed: readonly CertificateRow[]): Promise<void> {
    await store.put(changed);
    for (const row of changed) keep(row);
  }

  async function prune(): Promise<void> {
    const at = now();
    await store.prune(at);
    for (const { fingerprint, device, expiresAt } of rows.values())
      if (expiresAt < at) {
        rows.delete(fingerprint);
        byDevice.get(device)?.delete(fingerprint);
      }
  }

  return {
    of,
    hasValid: (device) =>
      of(device).some(({ revokedAt, expiresAt }) => revokedAt === null && expiresAt > now()),
    async add(row) {
      await prune();
      await put([row]);
    },
    async revoke(device, fingerprint) {
      const at = now();
      const known = of(device).filter(
        (row) => row.revokedAt === null && (fingerprint === undefined || row.fingerprint === fingerprint),
      );
      const isForeign = fingerprint !== undefined && !rows.has(fingerprint);
      const foreign = {
        fingerprint: fingerprint ?? "",
        device,
        issuedAt: at,
        expiresAt: at + FOREIGN_KEPT_MS,
      };
      const revoked = [...known, ...(isForeign ? [foreign] : [])].map((row) => ({ ...row, revokedAt: at }));
      if (revoked.length > 0) await put(revoked);
      return revoked.length;
    },
    verdict({ fingerprint, names, der, expiresAt }) {
      const row = rows.get(fingerprint);
      if (row !== undefined && row.revokedAt !== null) return { refused: "certificate-revoked" };
      // A resumed TLS session is not checked against the calendar again.
      if (expiresAt <= now()) return { refused: "certificate-expired" };
      if (row !== undefined)
        return names.includes(row.device) && isDevice(row.device)
          ? { device: row.device }
          : { refused: "certificate-of-no-device" };
      if (isOwn(new X509Certificate(der))) return { refused: "certificate-not-issued" };
      const device = names.find((name) => isDevice(name));
      return device === undefined ? undefined : { device };
    },
  };
}
