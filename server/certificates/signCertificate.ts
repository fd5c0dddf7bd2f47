import { createHash, randomBytes, sign, type KeyObject } from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  bits,
  explicit,
  implicit,
  integer,
  isTrue,
  objectId,
  octets,
  sequence,
  setOf,
  time,
  utf8,
} from "./der.ts";

/** What a certificate says. */
export interface CertificateRequest {
  /** Common name; at most 64 characters. */
  readonly subject: string;
  readonly publicKey: KeyObject;
  /** ms since 1970. */
  readonly from: number;
  readonly until: number;
  readonly use: "authority" | "server" | "client";
  /** DNS names, addresses, and URIs that it stands for. */
  readonly names: readonly string[];
}

/** Who signs; for an authority's own certificate, itself. */
export interface Signer {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const OID = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  otherNames: "2.5.29.17",
  constraints: "2.5.29.19",
  authorityKey: "2.5.29.35",
  extendedUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Certificates of version 3 have extensions. */
const VERSION_3 = Buffer.of(2);
const SERIAL_BYTES = 16;
/** Bits of the key usage [RFC 5280, 4.2.1.3], with those at the end that do not count. */
const SIGNS_CERTIFICATES = bits(Buffer.of(0x06), 1);
const SIGNS_HANDSHAKES = bits(Buffer.of(0x80), 7);
const DNS_NAME = 2;
const URI = 6;
const ADDRESS = 7;

/** Makes an X.509 certificate, as PEM [RFC 5280]. */
export function signCertificate(request: CertificateRequest, signer: Signer): string {
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const content = sequence(
    explicit(0, integer(VERSION_3)),
    integer(serialNumber()),
    algorithm,
    nameOf(signer.subject),
    sequence(time(request.from), time(request.until)),
    nameOf(request.subject),
    request.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensionsOf(request, signer))),
  );
  const signature = sign("sha256", content, signer.privateKey);
  return pemOf(sequence(content, algorithm, bits(signature)));
}

function extensionsOf({ use, names, publicKey }: CertificateRequest, signer: Signer): Buffer[] {
  const isAuthority = use === "authority";
  const usage = isAuthority ? SIGNS_CERTIFICATES : SIGNS_HANDSHAKES;
  const purpose = use === "server" ? OID.serverAuth : OID.clientAuth;
  return [
    // An authority below ours could issue what nobody has written down.
    extension(OID.constraints, isAuthority ? sequence(isTrue(), integer(Buffer.of(0))) : sequence(), true),
    extension(OID.keyUsage, usage, true),
    extension(OID.subjectKey, octets(keyId(publicKey))),
    extension(OID.authorityKey, sequence(implicit(0, keyId(signer.publicKey)))),
    ...(isAuthority ? [] : [extension(OID.extendedUsage, sequence(objectId(purpose)))]),
    ...(names.length === 0 ? [] : [extension(OID.otherNames, sequence(...names.map(generalName)))]),
  ];
}

function extension(oid: string, value: Uint8Array, isCritical = false): Buffer {
  return sequence(objectId(oid), ...(isCritical ? [isTrue()] : []), octets(value));
}

function nameOf(commonName: string): Buffer {
  return sequence(setOf(sequence(objectId(OID.commonName), utf8(commonName))));
}

function generalName(name: string): Buffer {
  if (isIPv4(name)) return implicit(ADDRESS, Buffer.from(name.split(".").map(Number)));
  if (isIPv6(name)) return implicit(ADDRESS, bytesOfIPv6(name));
  return implicit(name.includes(":") ? URI : DNS_NAME, Buffer.from(name));
}

function bytesOfIPv6(address: string): Buffer {
  // The URL parser writes every form in hexadecimal groups.
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text = "") => (text === "" ? [] : text.split(":"));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function serialNumber(): Buffer {
  const serial = randomBytes(SERIAL_BYTES);
  // Neither negative nor with a zero in front: every reader shows the same digits.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** [RFC 5280, 4.2.1.2], method 1: the hash of the key itself, which follows the 26 bytes that name P-256. */
function keyId(publicKey: KeyObject): Buffer {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha1").update(der.subarray(P256_HEADER_BYTES)).digest();
}

const P256_HEADER_BYTES = 26;

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
