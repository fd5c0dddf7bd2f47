import { quoted, type Problem } from "#flows/problem.ts";
import { slugOf } from "#flows/slug.ts";
import { fromRow, GRACE_MAX_MS, isOnClean, newDevice, toRow, type Device } from "./device.ts";
import type { DeviceStore } from "./deviceStore.ts";
import { hashToken } from "./deviceToken.ts";
import { isPreset, presetNames } from "./presets.ts";

export interface DeviceDraft {
  readonly id?: string | undefined;
  readonly name: string;
  readonly area?: string | undefined;
  readonly preset?: string | undefined;
  readonly simulated?: boolean | undefined;
  readonly graceMs?: number | undefined;
  readonly onClean?: string | undefined;
}

/** A device, or everything that is wrong with what was asked for. */
export type DeviceAnswer =
  | { readonly ok: true; readonly device: Device }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Which devices there are, in memory, written through to the store. */
export interface Registry {
  load: () => void;
  all: () => Iterable<Device>;
  get: (id: string) => Device | undefined;
  byOrigin: (origin: string) => Device | undefined;
  add: (draft: DeviceDraft) => Promise<DeviceAnswer>;
  patch: (id: string, changes: Partial<Omit<DeviceDraft, "id">>) => Promise<DeviceAnswer | undefined>;
  remove: (id: string) => Promise<boolean>;
  /** A new token, shown once; the old one ends. */
  issueToken: (id: string) => Promise<string | undefined>;
  /** The token ends; false when there is none. */
  endToken: (id: string) => Promise<boolean>;
  /** A device that was found by its topics becomes a registered one; false when there is none. */
  adopt: (id: string) => Promise<boolean>;
  /** A device that was found by its topics; `undefined` when there are too many. */
  discover: (origin: string, name: string, parent: string | null) => Device | undefined;
  /** What was learned about a device; written without anyone waiting. */
  learn: (
    id: string,
    learned: Partial<Pick<Device, "clientIds" | "origins" | "parent">>,
  ) => Device | undefined;
}

export interface RegistryParts {
  readonly store: DeviceStore;
  readonly now: () => number;
  readonly newToken: () => string;
  readonly log: { error: (details: object, message: string) => void };
  /** Something about the devices changed: what was derived from them is stale. */
  readonly changed: (id: string) => void;
}

const DISCOVERED_MAX = 5_000;
const DEVICES_MAX = 10_000;
const NAME_LENGTH_MAX = 100;
const ID_LENGTH_MAX = 64;

/** Makes the registry; `load` reads it. */
export function createRegistry({ store, now, newToken, log, changed }: RegistryParts): Registry {
  const devices = new Map<string, Device>();
  const origins = new Map<string, string>();
  /** Ids that are being written: two devices of one name may be added at the same moment. */
  const adding = new Set<string>();
  const isTaken = (id: string) => devices.has(id) || adding.has(id);
  let discovered = 0;

  function keep(device: Device): Device {
    const before = devices.get(device.id);
    discovered += Number(device.discovered) - Number(before?.discovered ?? false);
    devices.set(device.id, device);
    for (const origin of device.origins) origins.set(origin, device.id);
    changed(device.id);
    return device;
  }

  async function save(device: Device): Promise<DeviceAnswer> {
    await store.put(toRow(device));
    return { ok: true, device: keep(device) };
  }

  /** For what the hub learned by itself: if it cannot be written now, it will be learned again. */
  function saveLater(device: Device): Device {
    store.put(toRow(device)).catch((error: unknown) => {
      log.error({ err: error, device: device.id }, `The device "${device.name}" could not be written.`);
    });
    return keep(device);
  }

  return {
    load() {
      for (const row of store.all()) keep(fromRow(row));
    },
    all: () => devices.values(),
    get: (id) => devices.get(id),
    byOrigin(origin) {
      const id = origins.get(origin);
      return id === undefined ? undefined : devices.get(id);
    },
    async add(draft) {
      const problems = problemsOf(draft);
      const id = draft.id ?? slugOf(draft.name, { isTaken, fallback: "device" });
      if (!/^[a-z0-9][a-z0-9-]*$/.test(id) || id.length > ID_LENGTH_MAX)
        problems.push(
          problem("/id", `${quoted(id)} is no id: small letters, digits and -, at most ${ID_LENGTH_MAX}.`),
        );
      const before = devices.get(id);
      if (adding.has(id) || before?.discovered === false)
        problems.push(problem("/id", `There is a device ${quoted(id)} already.`, "device.taken"));
      if (devices.size >= DEVICES_MAX)
        problems.push(problem("", `There are ${DEVICES_MAX} devices already, which is the most.`));
      if (problems.length > 0) return { ok: false, problems };
      // A device that was found by its topics becomes a registered one.
      const base = before ?? newDevice({ id, name: draft.name, createdAt: now() });
      adding.add(id);
      try {
        return await save({ ...base, ...settingsOf(draft), discovered: false });
      } finally {
        adding.delete(id);
      }
    },
    async patch(id, changes) {
      const device = devices.get(id);
      if (device === undefined) return undefined;
      const problems = problemsOf({ name: device.name, ...changes });
      return problems.length > 0 ? { ok: false, problems } : save({ ...device, ...settingsOf(changes) });
    },
    async remove(id) {
      const device = devices.get(id);
      if (device === undefined) return false;
      await store.remove(id);
      devices.delete(id);
      if (device.discovered) discovered -= 1;
      for (const origin of device.origins) if (origins.get(origin) === id) origins.delete(origin);
      changed(id);
      return true;
    },
    async issueToken(id) {
      const device = devices.get(id);
      if (device === undefined) return undefined;
      const token = newToken();
      await save({ ...device, credentialHash: hashToken(token), discovered: false });
      return token;
    },
    async endToken(id) {
      const device = devices.get(id);
      if (device === undefined || device.credentialHash === null) return false;
      await save({ ...device, credentialHash: null });
      return true;
    },
    async adopt(id) {
      const device = devices.get(id);
      if (device?.discovered === true) await save({ ...device, discovered: false });
      return device !== undefined;
    },
    discover(origin, name, parent) {
      if (discovered >= DISCOVERED_MAX) return undefined;
      const id = slugOf(name, { isTaken, fallback: "device" });
      return saveLater(
        newDevice({ id, name, parent, origins: [origin], discovered: true, createdAt: now() }),
      );
    },
    learn(id, learned) {
      const device = devices.get(id);
      return device && saveLater({ ...device, ...learned });
    },
  };
}

function settingsOf(draft: Partial<DeviceDraft>): Partial<Device> {
  const { name, area, preset, simulated, graceMs, onClean } = draft;
  return {
    ...(name !== undefined && { name: name.trim() }),
    ...(area !== undefined && { area: area.trim() }),
    ...(isPreset(preset) && { preset }),
    ...(simulated !== undefined && { simulated }),
    ...(graceMs !== undefined && { graceMs }),
    ...(isOnClean(onClean) && { onClean }),
  };
}

function problemsOf({ name, area = "", preset, graceMs, onClean }: DeviceDraft): Problem[] {
  const problems: Problem[] = [];
  if (name.trim() === "" || name.length > NAME_LENGTH_MAX)
    problems.push(problem("/name", `A device needs a name of at most ${NAME_LENGTH_MAX} characters.`));
  if (area.length > NAME_LENGTH_MAX)
    problems.push(problem("/area", `The area has ${area.length} characters; at most ${NAME_LENGTH_MAX}.`));
  if (preset !== undefined && !isPreset(preset))
    problems.push(
      problem("/preset", `${quoted(preset)} is no preset; choose one of ${presetNames.join(", ")}.`),
    );
  if (graceMs !== undefined && !(graceMs >= 0 && graceMs <= GRACE_MAX_MS))
    problems.push(problem("/graceMs", `The grace is ${graceMs} ms; it must be from 0 to 24 hours.`));
  if (onClean !== undefined && !isOnClean(onClean))
    problems.push(problem("/onClean", `${quoted(onClean)} is not one of grace, offline, sleeping, auto.`));
  return problems;
}

function problem(path: string, message: string, code = "device.invalid"): Problem {
  return { code, severity: "error", path, message };
}
