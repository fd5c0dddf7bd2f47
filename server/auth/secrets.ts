import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A secret with full entropy, as text that is safe in addresses, headers and files. */
export function randomSecret(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}

/** What is stored of a secret. It was not chosen by a person, so a fast hash keeps it. */
export function hashOf(secret: string | Uint8Array): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** True when the hash belongs to the secret; takes the same time wherever they differ. */
export function matchesHash(secret: string | Uint8Array, hash: string): boolean {
  const given = Buffer.from(hashOf(secret));
  const stored = Buffer.from(hash);
  return given.length === stored.length && timingSafeEqual(given, stored);
}
