/** A certificate that a client showed and that an accepted authority has signed. */
export interface ClientCertificate {
  /** SHA-256 in small hexadecimal digits. */
  readonly fingerprint: string;
  /** Whom it stands for: DNS names, then URIs, then the common name. */
  readonly names: readonly string[];
  readonly der: Uint8Array;
  readonly expiresAt: number;
}

/** Whose certificate it is, or why it must stay out; `undefined`: nobody's here, so a password has to tell. */
export type Verdict = { readonly device: string } | { readonly refused: string } | undefined;
