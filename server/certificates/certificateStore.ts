/** A certificate that was issued, or one of somebody else's that was revoked. Times are ms since 1970. */
export interface CertificateRow {
  readonly fingerprint: string;
  readonly device: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
}

/** Where certificates are written down; read once at the start. */
export interface CertificateStore {
  readonly all: () => readonly CertificateRow[];
  /** Inserts or replaces. */
  readonly put: (rows: readonly CertificateRow[]) => Promise<void>;
  /** Forgets those that ended before: an expired one opens nothing. */
  readonly prune: (before: number) => Promise<void>;
}
