import { createHash } from "node:crypto";

/** SHA-256 of a certificate in DER, in small hexadecimal digits. */
export function fingerprintOf(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

/** A fingerprint as people paste it, with or without colons; `undefined` when it is none. */
export function readFingerprint(text: string): string | undefined {
  const digits = text.replaceAll(/[:\s]/g, "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? digits : undefined;
}
