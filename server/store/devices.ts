import type { Connection } from "./connection.ts";
import { guard, operation } from "./operation.ts";

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly area: string | null;
  readonly credentialHash: string | null;
  /** MQTT client ids that belong to this device. */
  readonly clientIds: readonly string[];
  /** Plain JSON; the broker's access rules give it its meaning. */
  readonly acl: unknown;
  readonly simulated: boolean;
  /** Plain JSON; what the presence tracker needs to go on after a restart. */
  readonly presence: unknown;
  readonly createdAt: number;
  readonly lastSeenAt: number | null;
}

export interface DevicePresence {
  readonly id: string;
  readonly presence: unknown;
  readonly lastSeenAt: number | null;
}

/** The registry of devices. The hub keeps it in memory and reads it once. */
export interface DeviceStore {
  readonly all: () => readonly Device[];
  readonly get: (id: string) => Device | undefined;
  /** Inserts or replaces all but the presence of a device that exists. */
  readonly put: (device: Device) => Promise<void>;
  /** `false`: there is no such device. */
  readonly remove: (id: string) => Promise<boolean>;
  /** Devices that no longer exist are passed over. */
  readonly putPresence: (changes: readonly DevicePresence[]) => Promise<void>;
}

interface Row extends Omit<Device, "clientIds" | "simulated"> {
  readonly clientIds: string;
  readonly acl: string;
  readonly simulated: number;
  readonly presence: string | null;
}

const COLUMNS = "id, name, area, credentialHash, clientIds, acl, simulated, presence, createdAt, lastSeenAt";

const PUT = `INSERT INTO devices (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, area = excluded.area,
    credentialHash = excluded.credentialHash, clientIds = excluded.clientIds, acl = excluded.acl,
    simulated = excluded.simulated`;

/** Devices in hub.db. */
export function createDeviceStore({ reader, commit }: Connection): DeviceStore {
  return {
    all: () => reader.all<Row>(`SELECT ${COLUMNS} FROM devices ORDER BY id`).map(toDevice),
    get: (id) => {
      const row = reader.get<Row>(`SELECT ${COLUMNS} FROM devices WHERE id = ?`, id);
      return row === undefined ? undefined : toDevice(row);
    },
    put: async (device) => {
      await commit([
        operation(
          PUT,
          device.id,
          device.name,
          device.area,
          device.credentialHash,
          JSON.stringify(device.clientIds),
          textOf(device.acl),
          device.simulated ? 1 : 0,
          textOf(device.presence),
          device.createdAt,
          device.lastSeenAt,
        ),
      ]);
    },
    remove: (id) => commit([guard("DELETE FROM devices WHERE id = ?", id)]),
    putPresence: async (changes) => {
      await commit(
        changes.map(({ id, presence, lastSeenAt }) =>
          operation(
            "UPDATE devices SET presence = ?, lastSeenAt = ? WHERE id = ?",
            textOf(presence),
            lastSeenAt,
            id,
          ),
        ),
      );
    },
  };
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}

function toDevice(row: Row): Device {
  const clientIds: readonly string[] = JSON.parse(row.clientIds);
  return {
    ...row,
    clientIds,
    acl: JSON.parse(row.acl) as unknown,
    simulated: row.simulated === 1,
    presence: JSON.parse(row.presence ?? "null") as unknown,
  };
}
