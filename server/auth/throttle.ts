import { AuthError } from "./authError.ts";

/** Slows down guessing; it delays, and never locks anybody out for good. */
export interface Throttle {
  /** Charges an attempt for the name and the address, or refuses it with `auth.throttled`. */
  readonly attempt: (from: { readonly name: string; readonly address: string }) => Attempt;
}

export interface Attempt {
  /** The password was right: the attempt does not count, and the name starts afresh. */
  readonly succeed: () => void;
}

/** Attempts per name and per address (reference: security, C7). */
export const throttleLimits = {
  attempts: 10,
  windowMs: 60_000,
  firstDelayMs: 10_000,
  delayMaxMs: 5 * 60_000,
  /** After so long without an attempt all is forgotten. */
  forgetMs: 15 * 60_000,
  /** Names and addresses remembered; beyond it the longest unused go. */
  entries: 10_000,
} as const;

interface Entry {
  readonly recent: readonly number[];
  readonly delayMs: number;
  readonly blockedUntil: number;
  readonly lastAt: number;
}

const FRESH: Entry = { recent: [], delayMs: 0, blockedUntil: 0, lastAt: 0 };

/** A throttle on an injected clock. */
export function createThrottle(now: () => number): Throttle {
  const names = new Map<string, Entry>();
  const addresses = new Map<string, Entry>();

  return {
    attempt: ({ name, address }) => {
      const at = now();
      const nameKey = name.toLowerCase();
      const addressKey = networkOf(address);
      const before = { name: entryOf(names, nameKey, at), address: entryOf(addresses, addressKey, at) };
      refuseUntil(Math.max(before.name.blockedUntil, before.address.blockedUntil), at);
      remember(names, nameKey, charged(before.name, at));
      remember(addresses, addressKey, charged(before.address, at));
      return {
        succeed: () => {
          names.delete(nameKey);
          // Only this attempt is taken back: an own account must not buy an address further guesses at others.
          const present = addresses.get(addressKey);
          if (present !== undefined) remember(addresses, addressKey, refunded(present, before.address, at));
        },
      };
    },
  };
}

function entryOf(entries: Map<string, Entry>, key: string, at: number): Entry {
  const entry = entries.get(key);
  return entry === undefined || at - entry.lastAt > throttleLimits.forgetMs ? FRESH : entry;
}

function refuseUntil(blockedUntil: number, at: number): void {
  if (blockedUntil <= at) return;
  const retryAfterMs = blockedUntil - at;
  throw new AuthError(
    "auth.throttled",
    `Too many wrong passwords; try again in ${Math.ceil(retryAfterMs / 1_000)} s.`,
    { retryAfterMs },
  );
}

/** Up to the limit attempts are free; from then on each one opens a longer pause. */
function charged(entry: Entry, at: number): Entry {
  const recent = [...entry.recent.filter((each) => at - each < throttleLimits.windowMs), at];
  if (entry.delayMs === 0 && recent.length < throttleLimits.attempts)
    return { recent, delayMs: 0, blockedUntil: 0, lastAt: at };
  const delayMs =
    entry.delayMs === 0
      ? throttleLimits.firstDelayMs
      : Math.min(entry.delayMs * 2, throttleLimits.delayMaxMs);
  return { recent: recent.slice(-throttleLimits.attempts), delayMs, blockedUntil: at + delayMs, lastAt: at };
}

function refunded(present: Entry, before: Entry, at: number): Entry {
  const index = present.recent.lastIndexOf(at);
  const recent = present.recent.filter((_, position) => position !== index);
  // Others of this address have failed in the meantime: their pause stays.
  if (present.lastAt !== at) return { ...present, recent };
  return { recent, delayMs: before.delayMs, blockedUntil: before.blockedUntil, lastAt: at };
}

function remember(entries: Map<string, Entry>, key: string, entry: Entry): void {
  entries.delete(key);
  entries.set(key, entry);
  if (entries.size <= throttleLimits.entries) return;
  const [oldest] = entries.keys();
  if (oldest !== undefined) entries.delete(oldest);
}

/** One household has a whole /64 of IPv6: its addresses count as one. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(":")) return address;
  const [head = ""] = address.split("::", 1);
  const groups = address.includes("::") ? [...head.split(":"), "0", "0", "0", "0"] : address.split(":");
  return groups.slice(0, 4).join(":").toLowerCase();
}
