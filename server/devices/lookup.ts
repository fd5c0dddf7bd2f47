import { matchConvention, type ConventionMatch } from "./conventions.ts";
import { slugOf } from "#flows/slug.ts";
import type { Device } from "./device.ts";
import type { Registry } from "./registry.ts";

/** Who publishes, as far as known. */
export interface Speaker {
  readonly clientId: string | undefined;
  readonly user: string | undefined;
}

/** What a topic is about. */
export interface Found {
  readonly device: Device | undefined;
  readonly match: ConventionMatch | undefined;
}

/** Finds the device of a topic, quickly: the answer is remembered until the registry changes. */
export interface Lookup {
  find: (topic: string, speaker: Speaker) => Found;
  changed: () => void;
}

export interface LookupParts {
  readonly registry: Pick<Registry, "byOrigin" | "get">;
  readonly isGateway: (clientId: string) => boolean;
}

const REMEMBERED_MAX = 20_000;
/** Topics of a well-known platform that name no device: the user is the device. */
const ANONYMOUS_PREFIX = "v1/devices/me/";

interface Remembered extends Speaker {
  readonly found: Found;
}

/** Conventions first, then prefixes that are known for their availability, then the credential of the speaker. */
export function createLookup({ registry, isGateway }: LookupParts): Lookup {
  const remembered = new Map<string, Remembered>();
  const known = { has: (origin: string) => registry.byOrigin(origin) !== undefined };

  function search(topic: string, { clientId, user }: Speaker): Found {
    const match = matchConvention(topic, known);
    const credentialed = user === undefined ? undefined : registry.get(user);
    const speaker = credentialed?.credentialHash === null ? undefined : credentialed;
    const isOne = speaker !== undefined && clientId !== undefined && !isGateway(clientId);
    if (match !== undefined) {
      const isItself = isOne && match.parent === undefined && isNameOf(match.name, speaker, clientId);
      const own = match.family === "own" ? registry.get(match.name) : undefined;
      return { match, device: registry.byOrigin(match.origin) ?? own ?? (isItself ? speaker : undefined) };
    }
    const byPrefix = deviceOfPrefix(topic);
    if (byPrefix !== undefined) return { match: undefined, device: byPrefix };
    if (!isOne) return { match: undefined, device: undefined };
    const levels = topic.split("/");
    const isNamed =
      levels.includes(speaker.id) || levels.includes(clientId) || topic.startsWith(ANONYMOUS_PREFIX);
    return { match: undefined, device: isNamed ? speaker : undefined };
  }

  function deviceOfPrefix(topic: string): Device | undefined {
    for (let slash = topic.lastIndexOf("/"); slash > 0; slash = topic.lastIndexOf("/", slash - 1)) {
      const device = registry.byOrigin(prefixOrigin(topic.slice(0, slash)));
      if (device !== undefined) return device;
    }
    return undefined;
  }

  return {
    find(topic, speaker) {
      const last = remembered.get(topic);
      if (last !== undefined && last.clientId === speaker.clientId && last.user === speaker.user)
        return last.found;
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      const found = search(topic, speaker);
      remembered.set(topic, { clientId: speaker.clientId, user: speaker.user, found });
      return found;
    },
    changed: () => remembered.clear(),
  };
}

/** The origin of a device that is known by the topics below a prefix, as ESPHome's are. */
export function prefixOrigin(prefix: string): string {
  return `prefix:${prefix}`;
}

function isNameOf(name: string, device: Device, clientId: string): boolean {
  return name === device.id || name === clientId || slugOf(name) === device.id;
}
