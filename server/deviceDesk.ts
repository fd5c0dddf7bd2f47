import { existsSync } from "node:fs";
import { join } from "node:path";
import type {
  CertificateSummary,
  DeviceCertificate,
  DeviceCredentials,
  DeviceSummary,
  NewDeviceRequest,
  RevokeAnswer,
} from "./api/contract.ts";
import { readControl } from "./localControl.ts";
import { openOfflineDesk } from "./offlineDesk.ts";
import { refusal } from "./refusal.ts";
import { runningDesk } from "./runningDesk.ts";
import type { Settings } from "./settings.ts";

export type { DeviceCertificate, DeviceCredentials } from "./api/contract.ts";

/** Devices for the command line, whether the hub runs or not. What it refuses is an error with a code. */
export interface DeviceDesk {
  list(): Promise<readonly DeviceSummary[]>;
  add(request: NewDeviceRequest): Promise<DeviceCredentials>;
  remove(id: string): Promise<void>;
  renew(id: string): Promise<DeviceCredentials>;
  /** With `only` the token and the earlier certificates end. */
  certify(id: string, only: boolean): Promise<DeviceCertificate>;
  certificates(id: string): Promise<readonly CertificateSummary[]>;
  revoke(id: string, fingerprint: string | undefined): Promise<RevokeAnswer>;
  close(): Promise<void>;
}

/** Goes through the hub that runs on the data folder; where none does, opens the folder itself. */
export async function openDeviceDesk(settings: Settings): Promise<DeviceDesk> {
  const { data } = settings;
  if (!existsSync(join(data, "hub.db")))
    throw refusal(
      "hub.unknown",
      `There is no hub in ${data}; start it once with "millrace start", or name its folder with --data.`,
    );
  try {
    return await openOfflineDesk(settings);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "store.locked")) throw error;
    const control = readControl(data);
    if (control !== undefined) return runningDesk(control);
    throw refusal("hub.unreachable", `Another program uses ${data}, or the hub is just starting; try again.`);
  }
}
