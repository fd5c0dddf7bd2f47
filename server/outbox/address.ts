import { isIP } from "node:net";

/** Who may be behind an address: what section 7 of the security rules allows depends on it. */
export type AddressClass =
  /** The internet. */
  | "public"
  /** A local network, or a range set aside: an admin may list it. */
  | "private"
  /** This computer: only the settings file may list it. */
  | "loopback"
  /** Link-local, multicast, broadcast, metadata services: never. */
  | "forbidden";

/** The 4 or 16 bytes of a literal address without brackets; `undefined` when it is none. */
export function addressBytes(literal: string): Uint8Array | undefined {
  const bare = literal.split("%", 1)[0] ?? "";
  if (isIP(bare) === 4) return Uint8Array.from(bare.split("."), Number);
  if (isIP(bare) === 6) return bytesOfV6(bare);
  return undefined;
}

/** True when both name the same host, whatever form they are written in (`::ffff:10.0.0.1` is `10.0.0.1`). */
export function isSameAddress(one: string, other: string): boolean {
  const [a, b] = [addressBytes(one), addressBytes(other)];
  return a !== undefined && b !== undefined && unmapped(a).join() === unmapped(b).join();
}

/** The bytes, taken out of the IPv6 form of an IPv4 address. */
export function unmapped(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 && startsWith(bytes, V4_MAPPED) ? bytes.subarray(12) : bytes;
}

/**
 * Judges an address, and an address that is wrapped in it: a NAT64, 6to4 or Teredo address ends at the inner one,
 * wherever the outer one seems to point. `net.BlockList` misses these, hence our own table.
 */
export function classOf(bytes: Uint8Array): AddressClass {
  if (bytes.length === 4) return classIn(bytes, V4_RANGES, "public");
  const own = classIn(bytes, V6_RANGES, "private");
  return [own, ...innerAddresses(bytes).map((inner) => classOf(inner))].reduce(stricter);
}

/** True when `bytes` lies in `base`/`length`. */
export function isWithin(bytes: Uint8Array, base: Uint8Array, length: number): boolean {
  if (bytes.length !== base.length) return false;
  for (let bit = 0; bit < length; bit += 8) {
    const mask = length - bit >= 8 ? 0xff : (0xff << (8 - (length - bit))) & 0xff;
    if (((bytes[bit >> 3] ?? 0) & mask) !== ((base[bit >> 3] ?? 0) & mask)) return false;
  }
  return true;
}

interface Range {
  readonly base: Uint8Array;
  readonly length: number;
  readonly class: AddressClass;
}

/** The first range that fits decides. */
const V4_RANGES = ranges(
  ["forbidden", ["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"]],
  // Metadata services outside the link-local range.
  ["forbidden", ["100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"]],
  ["loopback", ["127.0.0.0/8"]],
  ["private", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"]],
  ["private", ["192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"]],
  ["private", ["192.88.99.0/24"]],
);

const V6_RANGES = ranges(
  ["forbidden", ["::/128", "fe80::/10", "ff00::/8", "fd00:ec2::254/128", "fd20:ce::254/128"]],
  ["loopback", ["::1/128"]],
  // What wraps an IPv4 address is judged by that one alone.
  ["public", ["::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "2002::/16", "2001::/32"]],
  ["private", ["2001:db8::/32", "2001::/23", "3fff::/20"]],
  ["public", ["2000::/3"]],
);

const V4_MAPPED = bytesOfV6("::ffff:0:0").subarray(0, 12);
const V4_TRANSLATED = bytesOfV6("::ffff:0:0:0").subarray(0, 12);
const V4_COMPATIBLE = new Uint8Array(12);
const NAT64 = bytesOfV6("64:ff9b::").subarray(0, 12);
/** Local-use NAT64: the place of the inner address is up to the network, most use the last 32 bits. */
const NAT64_LOCAL = bytesOfV6("64:ff9b:1::").subarray(0, 6);
const SIX_TO_FOUR = bytesOfV6("2002::").subarray(0, 2);
const TEREDO = bytesOfV6("2001::").subarray(0, 4);

function innerAddresses(bytes: Uint8Array): readonly Uint8Array[] {
  const isUnspecifiedOrLoopback =
    startsWith(bytes, V4_COMPATIBLE) && isWithin(bytes, new Uint8Array(16), 127);
  if (isUnspecifiedOrLoopback) return [];
  if (
    [V4_MAPPED, V4_TRANSLATED, V4_COMPATIBLE, NAT64, NAT64_LOCAL].some((prefix) => startsWith(bytes, prefix))
  )
    return [bytes.subarray(12)];
  if (startsWith(bytes, SIX_TO_FOUR)) return [bytes.subarray(2, 6)];
  // RFC 4380: the server, and the client with every bit turned.
  if (startsWith(bytes, TEREDO)) return [bytes.subarray(4, 8), bytes.subarray(12).map((byte) => byte ^ 0xff)];
  return [];
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, index) => bytes[index] === byte);
}

const STRICTNESS: readonly AddressClass[] = ["public", "private", "loopback", "forbidden"];

function stricter(one: AddressClass, other: AddressClass): AddressClass {
  return STRICTNESS.indexOf(one) >= STRICTNESS.indexOf(other) ? one : other;
}

function classIn(bytes: Uint8Array, table: readonly Range[], otherwise: AddressClass): AddressClass {
  return table.find(({ base, length }) => isWithin(bytes, base, length))?.class ?? otherwise;
}

function ranges(...rows: readonly (readonly [AddressClass, readonly string[]])[]): readonly Range[] {
  return rows.flatMap(([rangeClass, blocks]) =>
    blocks.map((block) => {
      const [base = "", length = ""] = block.split("/");
      return { base: addressBytes(base) ?? new Uint8Array(), length: Number(length), class: rangeClass };
    }),
  );
}

function bytesOfV6(literal: string): Uint8Array {
  // An embedded dotted quad is two groups.
  const text = literal.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, a, b, c, d) => {
    return `${hexGroup(a, b)}:${hexGroup(c, d)}`;
  });
  const [head = "", tail] = text.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return Uint8Array.from(
    groups.flatMap((group) => {
      const value = Number.parseInt(group, 16);
      return [value >> 8, value & 0xff];
    }),
  );
}

function hexGroup(high: string, low: string): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
