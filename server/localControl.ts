import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Auth } from "./auth/auth.ts";
import type { Principal } from "./auth/roles.ts";

/** How the command line reaches the hub that runs on a data folder; whoever may read the folder owns the hub. */
export interface LocalControl {
  readonly url: string;
  readonly token: string;
}

/** Who the command line is, for the audit log; it reaches devices alone. */
export const localWho: Principal = {
  user: { id: "local", name: "local command line", role: "admin" },
  key: "local",
  via: "token",
  scopes: ["devices:write"],
};

const FILE = "local-control";
const TOKEN_BYTES = 32;
const OWNER_ONLY = 0o600;

/** A token for one run of the hub. */
export function newLocalToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** Leaves the way in for the command line; `removeControl` takes it away. */
export function writeControl(folder: string, control: LocalControl): void {
  // Removed first: the mode counts only for a new file.
  removeControl(folder);
  writeFileSync(join(folder, FILE), JSON.stringify(control), { mode: OWNER_ONLY, flag: "wx" });
}

/** Takes the way in away. */
export function removeControl(folder: string): void {
  rmSync(join(folder, FILE), { force: true });
}

/** The way into the hub that runs on a folder. */
export function readControl(folder: string): LocalControl | undefined {
  try {
    const { url, token } = JSON.parse(readFileSync(join(folder, FILE), "utf8")) as Partial<LocalControl>;
    return url === undefined || token === undefined ? undefined : { url, token };
  } catch {
    return undefined;
  }
}

/** Access that also knows the local token. */
export function withLocalToken(auth: Auth, token: string): Auth {
  return { ...auth, token: (secret) => (isSame(secret, token) ? localWho : auth.token(secret)) };
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [given, wanted].map((text) => createHash("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}
