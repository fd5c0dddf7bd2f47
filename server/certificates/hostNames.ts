import { hostname, networkInterfaces } from "node:os";

/** Names and addresses under which clients reach this computer; `more` are those that only people know. */
export function hostNames(more: readonly string[]): readonly string[] {
  const host = hostname().toLowerCase();
  const local = host === "" || host.includes(".") ? [] : [`${host}.local`];
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ scopeid = 0 }) => scopeid === 0)
    .map(({ address }) => address);
  const all = ["localhost", host, ...local, ...more, "127.0.0.1", "::1", ...addresses.toSorted()];
  return [...new Set(all.filter((name) => isName(name)))];
}

/** What a certificate can carry: the names of DNS and plain addresses. */
function isName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9*]([a-z0-9.-]*[a-z0-9])?$|^[0-9a-f:.]+$/i.test(name);
}
