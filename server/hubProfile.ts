/** What people chose in the set-up; kept in the store. */
export interface HubProfile {
  readonly name: string;
  /** IANA zone. */
  readonly zone: string;
  /** Listen on all addresses, not on this computer alone. */
  readonly openToNetwork: boolean;
}

/** Where a profile is kept. */
export interface ProfileStore {
  get(key: string): unknown;
  put(key: string, value: unknown): Promise<void>;
}

const KEY = "hub";
const LOOPBACK = "127.0.0.1";
const EVERYWHERE = "0.0.0.0";

/** The profile of the hub, and the addresses that follow from it. */
export interface Profile {
  current(): HubProfile;
  save(profile: HubProfile): Promise<void>;
  /** The address to listen on. */
  host(): string;
}

/** Reads the profile once; `host` given at the start wins over what was chosen. */
export function createProfile(store: ProfileStore, host: string | undefined): Profile {
  const fallback: HubProfile = {
    name: "Millrace",
    zone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
    openToNetwork: false,
  };
  let profile: HubProfile = { ...fallback, ...(store.get(KEY) as Partial<HubProfile> | undefined) };
  return {
    current: () => profile,
    async save(next) {
      await store.put(KEY, next);
      profile = next;
    },
    host: () => host ?? (profile.openToNetwork ? EVERYWHERE : LOOPBACK),
  };
}
