/** A device as it is stored. Times are ms since 1970. */
export interface DeviceRow {
  readonly id: string;
  readonly name: string;
  readonly area: string | null;
  readonly credentialHash: string | null;
  /** Client ids that turned out to be this device. */
  readonly clientIds: readonly string[];
  /** Plain JSON: the rest of what the registry keeps. */
  readonly acl: unknown;
  readonly simulated: boolean;
  /** Plain JSON: its presence record. */
  readonly presence: unknown;
  readonly createdAt: number;
  readonly lastSeenAt: number | null;
}

/** Where devices are kept; read once at the start. */
export interface DeviceStore {
  all: () => readonly DeviceRow[];
  /** Inserts, or replaces all but the presence. */
  put: (row: DeviceRow) => Promise<void>;
  remove: (id: string) => Promise<boolean>;
  putPresence: (
    changes: readonly {
      readonly id: string;
      readonly presence: unknown;
      readonly lastSeenAt: number | null;
    }[],
  ) => Promise<void>;
}
