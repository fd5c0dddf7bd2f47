import type { IncomingHttpHeaders } from "node:http";

/** True when a page of our own sent the request, or no page at all: browsers always name the origin of a change. */
export function isOwnOrigin(
  headers: IncomingHttpHeaders,
  own: { readonly hosts: readonly string[]; readonly isSecure: boolean },
): boolean {
  if (headers["sec-fetch-site"] === "cross-site") return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (url === undefined || !own.hosts.includes(url.host)) return false;
  // Behind a proxy that ends TLS without saying so, we look like plain HTTP while the page is not.
  return own.isSecure ? url.protocol === "https:" : url.protocol === "https:" || url.protocol === "http:";
}
