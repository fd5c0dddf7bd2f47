import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { refuseOthers } from "./dataFolder.ts";
import { StoreError } from "./storeError.ts";

/** Seals secrets for the database. A sealed text opens only in the row and field it was made for. */
export interface Vault {
  /** `place` names row and field, such as `channels/mail/secrets`. */
  readonly seal: (text: string, place: string) => string;
  readonly open: (sealed: string, place: string) => string;
}

/** The file of the key in the data folder; it is never part of a backup. */
export const KEY_FILE = "secrets.key";

const CIPHER = "aes-256-gcm";
const FORMAT = "v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OWNER_ONLY = 0o600;

/** Opens the vault of a data folder; the first time it makes the key. */
export function openVault(folder: string): Vault {
  const path = join(folder, KEY_FILE);
  if (!existsSync(path)) writeKey(path);
  refuseOthers(path, "600");
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES)
    throw new StoreError(
      "vault.unreadable",
      `${path} has ${key.length} bytes instead of ${KEY_BYTES}; put the right key back.`,
    );
  return {
    seal: (text, place) => seal(key, text, place),
    open: (sealed, place) => unseal(key, sealed, place),
  };
}

function writeKey(path: string): void {
  const file = openSync(path, "wx", OWNER_ONLY);
  try {
    writeSync(file, randomBytes(KEY_BYTES));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function seal(key: Buffer, text: string, place: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(place));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${FORMAT}.${sealed.toString("base64url")}`;
}

function unseal(key: Buffer, sealed: string, place: string): string {
  const [format, encoded = ""] = sealed.split(".", 2);
  const bytes = Buffer.from(encoded, "base64url");
  try {
    if (format !== FORMAT) throw new RangeError(`unknown format ${String(format)}`);
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(place))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    return (
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
    );
  } catch (error) {
    throw new StoreError(
      "vault.unreadable",
      `The secret at ${place} cannot be decrypted: it was changed, moved, or sealed with another key. Enter it again.`,
      { cause: error },
    );
  }
}
