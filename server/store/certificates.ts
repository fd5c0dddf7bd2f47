import type { Connection } from "./connection.ts";
import { operation } from "./operation.ts";

/** A client certificate that was issued or revoked. Times are ms since 1970. */
export interface DeviceCertificate {
  /** SHA-256 in small hexadecimal digits. */
  readonly fingerprint: string;
  readonly device: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

/** Certificates of devices; those of a device that was removed stay on the list, revoked. */
export interface DeviceCertificateStore {
  readonly all: () => readonly DeviceCertificate[];
  /** Inserts or replaces. */
  readonly put: (certificates: readonly DeviceCertificate[]) => Promise<void>;
  /** Forgets those that expired before. */
  readonly prune: (before: number) => Promise<void>;
}

const COLUMNS = "fingerprint, device, issuedAt, expiresAt, revokedAt";

/** Certificates in hub.db. */
export function createDeviceCertificateStore({ reader, commit }: Connection): DeviceCertificateStore {
  return {
    all: () =>
      reader.all<DeviceCertificate>(
        `SELECT ${COLUMNS} FROM deviceCertificates ORDER BY issuedAt, fingerprint`,
      ),
    put: async (certificates) => {
      await commit(
        certificates.map(({ fingerprint, device, issuedAt, expiresAt, revokedAt }) =>
          operation(
            `INSERT OR REPLACE INTO deviceCertificates (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
            fingerprint,
            device,
            issuedAt,
            expiresAt,
            revokedAt,
          ),
        ),
      );
    },
    prune: async (before) => {
      await commit([operation("DELETE FROM deviceCertificates WHERE expiresAt < ?", before)]);
    },
  };
}
