import { createHash, timingSafeEqual } from "node:crypto";

/** What is stored of a device token. It has full entropy, so a slow hash would only slow down reconnects. */
export function hashToken(token: string | Uint8Array): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Compares a password that a client sent with a stored hash, in constant time. */
export function isTokenOf(hash: string, password: string | Uint8Array): boolean {
  const [stored, given] = [Buffer.from(hash, "hex"), Buffer.from(hashToken(password), "hex")];
  return stored.length === given.length && timingSafeEqual(stored, given);
}
