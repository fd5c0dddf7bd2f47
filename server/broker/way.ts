import type { TLSSocket } from "node:tls";
import { plainAddress } from "./address.ts";

/** How a connection came in. */
export interface Way {
  readonly address: string;
  readonly listener: "mqtt" | "mqtts" | "websocket";
  /** A certificate of the client that an accepted authority has signed. */
  readonly certificate?: ClientCertificate;
  /** The client showed a certificate that was not accepted: a fixed word why. */
  readonly certificateProblem?: string;
}

/** A certificate that a client showed. */
export interface ClientCertificate {
  /** SHA-256 in small hexadecimal digits. */
  readonly fingerprint: string;
  /** Whom it stands for: DNS names, then the last part of URIs, then the common name. */
  readonly names: readonly string[];
  readonly der: Uint8Array;
  readonly expiresAt: number;
}

/** The way of a connection whose TLS handshake is done. */
export function tlsWay(socket: TLSSocket): Way {
  const way = { address: plainAddress(socket.remoteAddress), listener: "mqtts" } as const;
  // Also for a resumed session, where Node takes "no certificate was shown" for "nothing was wrong with it".
  const {
    raw,
    fingerprint256,
    subject,
    subjectaltname = "",
    valid_to: validTo,
  } = socket.getPeerCertificate();
  if (raw === undefined) return way;
  if (!socket.authorized) return { ...way, certificateProblem: problemOf(String(socket.authorizationError)) };
  const names = [...otherNames(subjectaltname), ...commonNames(subject.CN)];
  const fingerprint = fingerprint256.replaceAll(":", "").toLowerCase();
  return { ...way, certificate: { fingerprint, names, der: raw, expiresAt: Date.parse(validTo) } };
}

/** The verdict of OpenSSL as one of a few words, which are counted. */
function problemOf(code: string): string {
  if (code === "CERT_HAS_EXPIRED") return "certificate-expired";
  if (code === "CERT_NOT_YET_VALID") return "certificate-not-yet-valid";
  if (code === "INVALID_PURPOSE") return "certificate-purpose";
  return "certificate-untrusted";
}

/** Node quotes names that hold a comma or a quotation mark; no device is called so. */
function otherNames(text: string): string[] {
  const entries = text.split(", ").filter((entry) => !entry.includes('"'));
  const named = (kind: string) =>
    entries.filter((entry) => entry.startsWith(kind)).map((entry) => entry.slice(kind.length));
  return [
    ...named("DNS:"),
    ...named("URI:").map((uri) => uri.slice(Math.max(...[":", "/"].map((at) => uri.lastIndexOf(at))) + 1)),
  ];
}

/** More than one is legal, though no type says so. */
function commonNames(names: unknown): string[] {
  return [names].flat().filter((name) => typeof name === "string");
}
