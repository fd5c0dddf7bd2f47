import { genericAvailability, readAvailability } from "./availability.ts";
import type { Bindings } from "./bindings.ts";
import type { ConventionMatch } from "./conventions.ts";
import type { Device } from "./device.ts";
import { prefixOrigin, type Lookup } from "./lookup.ts";
import type { PresenceHost } from "./presenceHost.ts";
import type { AvailabilityValue } from "./presenceTypes.ts";
import type { Proposals } from "./proposals.ts";
import type { Registry } from "./registry.ts";
import { createSparkplug } from "./sparkplug.ts";
import { zigbeeNames } from "./zigbeeNames.ts";

/** A message the broker accepted; the payload need only live during the call. */
export interface DeviceArrival {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly seenAt: number;
  /** `undefined` for the hub itself. */
  readonly clientId: string | undefined;
  readonly user: string | undefined;
  readonly epoch: number;
  readonly will: boolean;
}

/** Reads from messages which devices there are, who speaks for them, and whether they are there. */
export interface Arrivals {
  take: (message: DeviceArrival) => void;
  /** A retained message that was there before the hub started. */
  retained: (topic: string, payload: Uint8Array) => void;
}

export interface ArrivalsParts {
  readonly registry: Registry;
  readonly lookup: Lookup;
  readonly bindings: Bindings;
  readonly presence: PresenceHost;
  readonly proposals: Proposals;
}

/** Most messages end at a remembered look-up and a note of the time. */
export function createArrivals({ registry, lookup, bindings, presence, proposals }: ArrivalsParts): Arrivals {
  const sparkplug = createSparkplug();

  /** The device of a convention, made known when it is new. */
  function ensure(found: {
    readonly device: Device | undefined;
    readonly match: ConventionMatch;
  }): Device | undefined {
    const { device, match } = found;
    if (device !== undefined) {
      if (!device.origins.includes(match.origin))
        registry.learn(device.id, { origins: [...device.origins, match.origin] });
      return device;
    }
    const parent = match.parent === undefined ? undefined : parentOf(match);
    return registry.discover(match.origin, match.name, parent?.id ?? null);
  }

  /**
   * The device whose credential the publisher uses, as long as nothing else names it: a client with a credential of its
   * own that speaks under one name is that device, whatever the name. Under a second name it is a gateway.
   */
  function claimant({ clientId, user }: DeviceArrival): Device | undefined {
    const device = user === undefined ? undefined : registry.get(user);
    if (device === undefined || device.credentialHash === null || device.origins.length > 0) return undefined;
    return clientId === undefined || bindings.isGateway(clientId) ? undefined : device;
  }

  function parentOf({ parent = "", family }: ConventionMatch): Device | undefined {
    const name = family === "zigbee2mqtt" ? "Zigbee2MQTT bridge" : (parent.split("/").at(-1) ?? parent);
    return registry.byOrigin(parent) ?? registry.discover(parent, name, null);
  }

  function take(message: DeviceArrival): void {
    // What the hub publishes says nothing about devices.
    if (message.clientId === undefined && !message.will) return;
    const found = lookup.find(message.topic, message);
    if (found.match !== undefined) byConvention(message, found.match, found.device);
    else byShape(message, found.device);
  }

  function byConvention(message: DeviceArrival, match: ConventionMatch, known: Device | undefined): void {
    if (match.role === "command") return;
    const { payload } = message;
    const value = match.role === "availability" ? (match.value ?? readAvailability(payload)) : undefined;
    if (known === undefined && (value === "withdrawn" || payload.length === 0)) return;
    const device = ensure({
      device: known ?? (match.parent === undefined ? claimant(message) : undefined),
      match,
    });
    if (device === undefined) return;
    bind(message, match.parent === undefined ? device : parentOf(match));
    if (match.family === "sparkplug" && !sparkplug.counts(match.origin, match.value, payload)) return;
    if (match.family === "zigbee2mqtt") learnZigbee(message.topic, payload);
    if (value !== undefined) available(device, value, message);
    else if (!message.will) presence.activity(device.id, message.seenAt);
  }

  /** Without a convention: an availability topic by its look, or a message of a device with its own credential. */
  function byShape(message: DeviceArrival, known: Device | undefined): void {
    const generic = genericAvailability(message);
    if (
      generic !== undefined &&
      (generic.sure || known?.origins.includes(prefixOrigin(generic.prefix)) === true)
    ) {
      const origin = prefixOrigin(generic.prefix);
      const device = ensure({
        device: known ?? claimant(message),
        match: { family: "prefix", origin, name: generic.prefix, role: "availability" },
      });
      if (device === undefined) return;
      bind(message, device);
      available(device, generic.value, message);
      return;
    }
    if (generic !== undefined) proposals.note(message.topic, generic.value, message.seenAt);
    if (known === undefined || message.will) return;
    bind(message, known);
    presence.activity(known.id, message.seenAt);
  }

  function bind({ clientId, will }: DeviceArrival, device: Device | undefined): void {
    if (clientId === undefined || will || device === undefined) return;
    bindings.spokeFor(clientId, device);
  }

  function available(device: Device, value: AvailabilityValue, message: DeviceArrival): void {
    const { clientId, epoch, will } = message;
    // A will of a connection that was replaced: the device is here and has said so or will.
    if (will && clientId !== undefined && epoch !== (bindings.epochOf(clientId) ?? epoch)) return;
    const own = !will && clientId !== undefined && bindings.deviceOf(clientId) === device.id;
    presence.feed(device.id, { type: "availability", value, own });
  }

  function learnZigbee(topic: string, payload: Uint8Array): void {
    for (const { origin, parent, name } of zigbeeNames(topic, payload)) {
      const match = { family: "zigbee2mqtt", origin, parent, name, role: "data" } as const;
      if (registry.byOrigin(origin) === undefined) ensure({ device: undefined, match });
    }
  }

  function retained(topic: string, payload: Uint8Array): void {
    const { device, match } = lookup.find(topic, { clientId: undefined, user: undefined });
    if (device === undefined || match?.role === "data" || match?.role === "command") return;
    const value = match?.value ?? readAvailability(payload);
    const isPrefix =
      match === undefined && genericAvailability({ topic, payload, retain: true, will: false }) !== undefined;
    if (value !== undefined && (match !== undefined || isPrefix))
      presence.feed(device.id, { type: "availability", value, initial: true });
  }

  return { take, retained };
}
