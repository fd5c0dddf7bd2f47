/**
 * The one-time token of the set-up link: `/setup#token=abc`, `/setup#abc` or `/setup?token=abc`. The first form is the
 * best one: what follows the hash never leaves the browser, so it is in no log.
 */
export function tokenOf(hash: string, query: unknown): string {
  const behindHash = hash.replace(/^#/, "");
  if (behindHash !== "")
    return behindHash.startsWith("token=") ? decodeURIComponent(behindHash.slice(6)) : behindHash;
  return typeof query === "string" ? query : "";
}
