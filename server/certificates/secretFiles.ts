import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { CertificateError } from "./certificateError.ts";

const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

/** Writes a file for its owner alone; a crash leaves the old one or the new one, never half. */
export function writeSecret(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
  const next = `${path}.new`;
  const file = openSync(next, "w", OWNER_ONLY);
  try {
    writeSync(file, content.toString());
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}

/** Refuses a key that any account but its owner may read. */
export function refuseOthers(path: string): void {
  // Windows has no such modes; Node reports them as open to all.
  if (process.platform === "win32") return;
  const mode = statSync(path).mode & 0o777;
  if ((mode & OTHERS) !== 0)
    throw new CertificateError(
      `${path} has mode ${mode.toString(8)}, so other accounts can use it; run: chmod 600 ${path}`,
    );
}
