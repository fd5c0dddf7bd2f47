import { pointer, quoted, type Problem } from "#flows/problem.ts";
import { addressBytes, classOf, isSameAddress, isWithin, unmapped, type AddressClass } from "./address.ts";

/** Which targets the hub may call beyond the public internet on the usual ports. */
export interface OutboundRules {
  /** By an admin: `host`, `host:port`, `10.0.0.0/8:443`, `[fd00::/8]:443`; without a port it means every port. */
  readonly allow: readonly string[];
  /** By the settings file only: this computer, as `host:port`. */
  readonly allowLoopback: readonly string[];
}

/** Where a connection would go: the name as the user wrote it, and one address it stands for. */
export interface OutboundTarget {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

/** Says no with a sentence, or nothing. */
export type OutboundPolicy = (target: OutboundTarget) => string | undefined;

/** Web and mail with and without TLS, mail submission, MQTT over TLS. */
const USUAL_PORTS: ReadonlySet<number> = new Set([80, 443, 465, 587, 8883]);

const METADATA_NAMES: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.azure.internal",
  "instance-data",
  "instance-data.ec2.internal",
]);

interface Entry {
  readonly port: number | undefined;
  readonly matches: (host: string, bytes: Uint8Array) => boolean;
}

/**
 * Compiles the rules. `ownAddresses` are those of the network interfaces: they lead to this computer as surely as
 * 127.0.0.1 does.
 */
export function createOutboundPolicy(
  rules: OutboundRules,
  ownAddresses: () => readonly string[],
): OutboundPolicy {
  const allowed = rules.allow.flatMap((text) => parseEntry(text) ?? []);
  const allowedLoopback = rules.allowLoopback.flatMap((text) => {
    const entry = parseEntry(text);
    return entry?.port === undefined ? [] : [entry];
  });

  return ({ host, address, port }) => {
    const bytes = addressBytes(address);
    if (bytes === undefined) return `${quoted(address)} is not an address.`;
    const isListed = (entries: readonly Entry[]) =>
      entries.some((entry) => (entry.port ?? port) === port && entry.matches(hostKey(host), unmapped(bytes)));
    if (METADATA_NAMES.has(hostKey(host))) return refusal({ host, address, port }, "forbidden");
    const isOwn = ownAddresses().some((own) => isSameAddress(own, address));
    const addressClass = isOwn && classOf(bytes) !== "forbidden" ? "loopback" : classOf(bytes);
    if (addressClass === "forbidden") return refusal({ host, address, port }, addressClass);
    if (addressClass === "loopback")
      return isListed(allowedLoopback) ? undefined : refusal({ host, address, port }, addressClass);
    if (isListed(allowed)) return undefined;
    if (addressClass === "private") return refusal({ host, address, port }, addressClass);
    return USUAL_PORTS.has(port) ? undefined : refusal({ host, address, port }, addressClass);
  };
}

/** All that is wrong with an allow list, with the place of each entry. */
export function checkAllowList(entries: readonly string[], kind: "allow" | "allowLoopback"): Problem[] {
  return entries.flatMap((text, index) => {
    const problem = (message: string): Problem[] => [
      { code: "outbound.entry", severity: "error", path: pointer(index), message },
    ];
    const entry = parseEntry(text);
    if (entry === undefined)
      return problem(`${quoted(text)} is neither a host nor a block of addresses, such as "nas.local:8123".`);
    if (kind === "allowLoopback" && entry.port === undefined)
      return problem(`${quoted(text)} needs a port: this computer is never open as a whole.`);
    return [];
  });
}

const REASONS: Readonly<Record<AddressClass, string>> = {
  public: "only the usual ports are open; an admin can list it",
  private: "it is in a local network; an admin can list it",
  loopback: "it is this computer; only the settings file can list it",
  forbidden: "such addresses are never called",
};

function refusal({ host, address, port }: OutboundTarget, addressClass: AddressClass): string {
  const where = host === address ? `${host} port ${port}` : `${host} (${address}) port ${port}`;
  return `Calling ${where} is not allowed: ${REASONS[addressClass]}.`;
}

/** Names are compared without case and without the dot of the root. */
function hostKey(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}

function parseEntry(text: string): Entry | undefined {
  const { host, port } = splitPort(text.trim());
  if (host === "" || (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65_535)))
    return undefined;
  const [base = "", length] = host.split("/");
  const bytes = addressBytes(base);
  if (bytes === undefined)
    return length === undefined && /^[\p{L}\p{N}._-]+$/u.test(host) && !/^[\d.]+$/.test(host)
      ? { port, matches: (name) => name === hostKey(host) }
      : undefined;
  const bits = length === undefined ? bytes.length * 8 : Number(length);
  if (!Number.isInteger(bits) || length === "" || bits < 0 || bits > bytes.length * 8) return undefined;
  return { port, matches: (_name, address) => isWithin(address, bytes, bits) };
}

/** An IPv6 address needs brackets before a port. */
function splitPort(text: string): { host: string; port: number | undefined } {
  const bracketed = /^\[([^\]]+)\](\/\d+)?(?::(\d+))?$/.exec(text);
  if (bracketed !== null)
    return { host: `${bracketed[1]}${bracketed[2] ?? ""}`, port: numberOf(bracketed[3]) };
  const parts = text.split(":");
  if (parts.length !== 2) return { host: text, port: undefined };
  return { host: parts[0] ?? "", port: /^\d+$/.test(parts[1] ?? "") ? Number(parts[1]) : Number.NaN };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}
