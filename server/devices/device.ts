import type { DeviceRow } from "./deviceStore.ts";
import { isPreset, type PresetName } from "./presets.ts";

/** A device of the registry. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly area: string;
  readonly preset: PresetName;
  readonly credentialHash: string | null;
  readonly clientIds: readonly string[];
  /** Names within conventions that are this device. */
  readonly origins: readonly string[];
  /** Id of the gateway it hangs on. */
  readonly parent: string | null;
  /** Found by its topics. */
  readonly discovered: boolean;
  readonly simulated: boolean;
  readonly graceMs: number;
  readonly onClean: "grace" | "offline" | "sleeping" | "auto";
  readonly createdAt: number;
}

const GRACE_MS = 30_000;
export const GRACE_MAX_MS = 24 * 3_600_000;

const ON_CLEAN = ["grace", "offline", "sleeping", "auto"] as const;

/** True for what a clean end of a session may be taken for. */
export function isOnClean(value: unknown): value is Device["onClean"] {
  return ON_CLEAN.some((known) => known === value);
}

/** A new device with everything that is not given neutral. */
export function newDevice(given: Pick<Device, "id" | "name" | "createdAt"> & Partial<Device>): Device {
  return {
    area: "",
    preset: "own",
    credentialHash: null,
    clientIds: [],
    origins: [],
    parent: null,
    discovered: false,
    simulated: false,
    graceMs: GRACE_MS,
    onClean: "auto",
    ...given,
  };
}

/** The row of a device; its presence is written apart. */
export function toRow(device: Device): DeviceRow {
  const { id, name, area, credentialHash, clientIds, simulated, createdAt } = device;
  const { preset, origins, parent, discovered, graceMs, onClean } = device;
  const acl = { preset, origins, parent, discovered, graceMs, onClean };
  return {
    id,
    name,
    area,
    credentialHash,
    clientIds,
    acl,
    simulated,
    presence: null,
    createdAt,
    lastSeenAt: null,
  };
}

/** Reads a row; what an older version did not write gets its default. */
export function fromRow(row: DeviceRow): Device {
  const rest = new Map<string, unknown>(
    Object.entries(typeof row.acl === "object" && row.acl !== null ? row.acl : {}),
  );
  const [preset, origins, parent, graceMs, onClean] = [
    "preset",
    "origins",
    "parent",
    "graceMs",
    "onClean",
  ].map((name) => rest.get(name));
  return newDevice({
    id: row.id,
    name: row.name,
    area: row.area ?? "",
    credentialHash: row.credentialHash,
    clientIds: row.clientIds,
    simulated: row.simulated,
    createdAt: row.createdAt,
    discovered: rest.get("discovered") === true,
    ...(isPreset(preset) && { preset }),
    ...(Array.isArray(origins) && { origins: origins.map(String) }),
    ...(typeof parent === "string" && { parent }),
    ...(typeof graceMs === "number" && { graceMs }),
    ...(isOnClean(onClean) && { onClean }),
  });
}
