import type { DeviceRef } from "#flows/message.ts";
import { createArrivals, type DeviceArrival } from "./arrivals.ts";
import { createBindings, type SessionChange } from "./bindings.ts";
import type { Device } from "./device.ts";
import type { DeviceStore } from "./deviceStore.ts";
import { createKnocks, type Knocks } from "./knocks.ts";
import { createLookup } from "./lookup.ts";
import { createPresenceHost, type PresenceReport } from "./presenceHost.ts";
import { shownState } from "./presence.ts";
import type { PresenceState } from "./presenceTypes.ts";
import { rulesOf, type DeviceRule } from "./presets.ts";
import { createProposals, type Proposal } from "./proposals.ts";
import { createRegistry, type DeviceAnswer, type DeviceDraft } from "./registry.ts";
import { createTopics, type Topics } from "./topics.ts";

export type { DeviceArrival } from "./arrivals.ts";

/** A device as pages show it. */
export interface DeviceView {
  readonly id: string;
  readonly name: string;
  readonly area: string;
  readonly state: PresenceState;
  readonly reason: string;
  readonly since: number | null;
  readonly lastSeenAt: number | null;
  readonly simulated: boolean;
  readonly discovered: boolean;
  readonly hasCredential: boolean;
  readonly clientIds: readonly string[];
  readonly preset: string;
  readonly parent: string | null;
  readonly graceMs: number;
  readonly onClean: string;
  readonly blinks: number;
}

/** What the broker must know to let a device in. The user name is the id of the device. */
export interface DeviceAccess {
  readonly device: DeviceRef;
  /** SHA-256 of the token; see `isTokenOf`. */
  readonly tokenHash: string;
  readonly rules: readonly DeviceRule[];
}

/** What a device may do, however it showed that it is the one. */
export type DeviceIdentity = Omit<DeviceAccess, "tokenHash">;

export interface DevicesParts {
  readonly store: DeviceStore;
  readonly now: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly log: { readonly error: (details: object, message: string) => void };
  /** A random token of at least 128 bits. */
  readonly newToken: () => string;
  /** True for a device that has a certificate in force. @default none has */
  readonly hasCertificate?: (id: string) => boolean;
}

export interface Devices {
  /** Reads the registry, for whoever only looks after it; `start` does it too. */
  load: () => void;
  start: () => void;
  stop: () => Promise<void>;
  list: () => readonly DeviceView[];
  get: (id: string) => DeviceView | undefined;
  add: (draft: DeviceDraft) => Promise<DeviceAnswer>;
  patch: (id: string, changes: Partial<Omit<DeviceDraft, "id">>) => Promise<DeviceAnswer | undefined>;
  remove: (id: string) => Promise<boolean>;
  /** The token is shown once; the one before ends. */
  issueCredential: (
    id: string,
  ) => Promise<
    { readonly username: string; readonly password: string; readonly topics: readonly string[] } | undefined
  >;
  credentialOf: (user: string | undefined) => DeviceAccess | undefined;
  /** A registered device; those that were only found by their topics cannot log in. */
  identityOf: (id: string) => DeviceIdentity | undefined;
  /** The registered device whose id this is, or that connects with it. */
  ownerOf: (clientId: string) => string | undefined;
  /** A device that was found by its topics is a registered one from now on. */
  adopt: (id: string) => Promise<boolean>;
  /** Its token ends; false when it has none. */
  endToken: (id: string) => Promise<boolean>;
  readonly knocks: Knocks;
  readonly topics: Topics;
  /** Topics that look like availability and are not believed yet. */
  proposals: () => readonly Proposal[];
  session: (change: SessionChange) => void;
  /** Takes note of a message; call it before anyone asks `deviceOf` about it. */
  arrival: (arrival: DeviceArrival) => void;
  /** A retained message that was there before the hub started. */
  retained: (topic: string, payload: Uint8Array) => void;
  deviceOf: (topic: string, clientId: string | undefined, user: string | undefined) => DeviceRef | undefined;
  /** Each listener returns its own off. */
  onPresence: (listener: (report: PresenceReport) => void) => () => void;
  /** A device changed in a way that pages show. */
  onChange: (listener: (id: string) => void) => () => void;
}

/** Client ids kept for one device. */
const CLIENT_IDS_MAX = 8;

/** The registry of devices, their presence, and the topics they speak on. */
export function createDevices(parts: DevicesParts): Devices {
  const { store, now, schedule, log, newToken, hasCertificate = () => false } = parts;
  const reportListeners = new Set<(report: PresenceReport) => void>();
  const changeListeners = new Set<(id: string) => void>();
  const tell = <Told>(listeners: ReadonlySet<(told: Told) => void>, told: Told) => {
    for (const listener of listeners)
      try {
        listener(told);
      } catch (error) {
        log.error({ err: error }, "A listener for devices failed.");
      }
  };
  const registry = createRegistry({
    store,
    now,
    newToken,
    log,
    changed: (id) => {
      lookup.changed();
      tell(changeListeners, id);
    },
  });
  const presence = createPresenceHost({
    store,
    now,
    schedule,
    log,
    device: registry.get,
    childrenOf: (id) => [...registry.all()].filter(({ parent }) => parent === id),
    report: (report) => tell(reportListeners, report),
    changed: (id) => tell(changeListeners, id),
  });
  const bindings = createBindings({
    deviceOfUser: (user) => {
      const device = user === undefined ? undefined : registry.get(user);
      return device?.discovered === false ? device : undefined;
    },
    up: (id, clientId, epoch) => presence.feed(id, { type: "up", clientId, epoch }),
    down: (id, { clientId, epoch, cause }) => presence.feed(id, { type: "down", clientId, epoch, cause }),
    unbound(id, clientId) {
      presence.feed(id, { type: "unbind", clientId });
      const device = registry.get(id);
      if (device !== undefined)
        registry.learn(id, { clientIds: device.clientIds.filter((each) => each !== clientId) });
    },
    bound(id, clientId) {
      const device = registry.get(id);
      if (device === undefined || device.clientIds.includes(clientId)) return;
      registry.learn(id, { clientIds: [...device.clientIds, clientId].slice(-CLIENT_IDS_MAX) });
    },
    hangsOn(device, parentId) {
      if (device.parent === null && !canLogIn(device)) registry.learn(device.id, { parent: parentId });
    },
  });
  const lookup = createLookup({ registry, isGateway: bindings.isGateway });
  const topics = createTopics({ now });
  const knocks = createKnocks();
  const proposals = createProposals();
  const arrivals = createArrivals({ registry, lookup, bindings, presence, proposals });

  function canLogIn({ id, credentialHash }: Device): boolean {
    return credentialHash !== null || hasCertificate(id);
  }

  function view(device: Device): DeviceView {
    const { record, lastSeenAt } = presence.view(device.id);
    const { createdAt: _createdAt, credentialHash: _hash, origins: _origins, ...shown } = device;
    const { reason, since, blinks } = record;
    const hasCredential = canLogIn(device);
    return { ...shown, state: shownState(record), reason, since, lastSeenAt, hasCredential, blinks };
  }

  function identityOf(id: string): DeviceIdentity | undefined {
    const device = registry.get(id);
    if (device === undefined || device.discovered) return undefined;
    return { device: { id, name: device.name }, rules: rulesOf(device.preset) };
  }

  return {
    load: registry.load,
    start() {
      registry.load();
      const rows = store.all();
      // The last sign of life is the best that is known about when the hub stopped.
      const stoppedAt = Math.max(0, ...rows.map(({ lastSeenAt }) => lastSeenAt ?? 0));
      for (const { id, presence: stored, lastSeenAt } of rows)
        presence.restore(id, stored, lastSeenAt, stoppedAt === 0 ? 0 : Math.max(0, now() - stoppedAt));
      for (const device of registry.all()) bindings.restore(device);
      presence.start();
    },
    stop: () => presence.stop(),
    list: () => Array.from(registry.all(), view),
    get(id) {
      const device = registry.get(id);
      return device && view(device);
    },
    add: registry.add,
    patch: registry.patch,
    async remove(id) {
      const isGone = await registry.remove(id);
      bindings.forget(id);
      presence.forget(id);
      return isGone;
    },
    async issueCredential(id) {
      const password = await registry.issueToken(id);
      const device = registry.get(id);
      if (password === undefined || device === undefined) return undefined;
      const allowed = rulesOf(device.preset).filter(({ effect }) => effect === "allow");
      return { username: id, password, topics: allowed.map(({ filter }) => filter.replaceAll("%u", id)) };
    },
    credentialOf(user) {
      const device = user === undefined ? undefined : registry.get(user);
      if (device === undefined || device.credentialHash === null) return undefined;
      const { id, name, credentialHash, preset } = device;
      return { device: { id, name }, tokenHash: credentialHash, rules: rulesOf(preset) };
    },
    identityOf,
    ownerOf(clientId) {
      if (identityOf(clientId) !== undefined) return clientId;
      const bound = registry.get(bindings.deviceOf(clientId) ?? "");
      // A client that speaks for a device is no login of it: it may be a gateway without a credential.
      return bound !== undefined && canLogIn(bound) ? bound.id : undefined;
    },
    adopt: registry.adopt,
    endToken: registry.endToken,
    knocks,
    topics,
    proposals: proposals.list,
    session: bindings.session,
    arrival(message) {
      topics.note(message);
      arrivals.take(message);
    },
    retained: arrivals.retained,
    deviceOf(topic, clientId, user) {
      const { device } = lookup.find(topic, { clientId, user });
      return device && { id: device.id, name: device.name };
    },
    onPresence(listener) {
      reportListeners.add(listener);
      return () => reportListeners.delete(listener);
    },
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
  };
}
