import type { ServerResponse } from "node:http";

/** No inline script or style, nothing from elsewhere, no frames (reference: security, section 6). */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join("; ");

const HSTS = "max-age=31536000";

/** The headers of every answer, whatever comes of the request. */
export function securityHeaders(isSecure: boolean): Readonly<Record<string, string>> {
  return {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    // Overridden where something may be kept: only files of the editor.
    "cache-control": "no-store",
    ...(isSecure && { "strict-transport-security": HSTS }),
  };
}

/** Sets the headers before anything can fail. */
export function setSecurityHeaders(response: ServerResponse, isSecure: boolean): void {
  for (const [name, value] of Object.entries(securityHeaders(isSecure))) response.setHeader(name, value);
}
