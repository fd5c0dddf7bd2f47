/** Which devices: ids, or all of them. */
export interface DeviceSelector {
  readonly all: boolean;
  readonly ids: readonly string[];
}

/** True for a device that is meant. */
export function selectsDevice({ all, ids }: DeviceSelector, id: string | undefined): boolean {
  return id !== undefined && (all || ids.includes(id));
}
