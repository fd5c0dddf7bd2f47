import { hashOf, matchesHash, randomSecret } from "./secrets.ts";

/** 128 bits: devices reconnect by the thousand, and a slow hash of a chosen password would cost minutes of CPU. */
const TOKEN_BYTES = 16;

/** A new device token, shown once, and the hash that is kept. */
export function newDeviceToken(): { readonly token: string; readonly hash: string } {
  const token = randomSecret(TOKEN_BYTES);
  return { token, hash: hashOf(token) };
}

/** True when a device showed the token of this hash. */
export function isDeviceToken(shown: Uint8Array | string, hash: string): boolean {
  return matchesHash(shown, hash);
}
