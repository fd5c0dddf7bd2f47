import { accessSync, constants, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The files of a certificate, claimed before it is made: a key that cannot be written down would be lost. */
export interface CertificateFiles {
  /** Answers where everything lies; there is no `ca` where the system's own authorities vouch for the hub. */
  write(texts: { readonly key: string; readonly certificate: string; readonly ca: string }): WrittenFiles;
}

/** Paths of what was written. */
export interface WrittenFiles {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
}

const OWNER_ONLY = 0o600;

/** Makes the folder and refuses to replace the key of a device that is only added now. */
export function claimFiles({
  id,
  out,
  action,
}: {
  readonly id: string;
  readonly out: string;
  readonly action: string;
}): CertificateFiles {
  const folder = resolve(out);
  const paths = {
    key: join(folder, `${id}.key`),
    cert: join(folder, `${id}.crt`),
    ca: join(folder, "ca.crt"),
  };
  if (action === "add" && existsSync(paths.key))
    throw problem(`${paths.key} exists already; move it away, or choose another folder with --out.`);
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw problem(
      `Nothing can be written to ${folder}: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
  return {
    write({ key, certificate, ca }) {
      // A new file: the mode of one that is there already would stay.
      writeFileSync(`${paths.key}.new`, key, { mode: OWNER_ONLY, flag: "wx" });
      renameSync(`${paths.key}.new`, paths.key);
      writeFileSync(paths.cert, certificate);
      if (ca === "") return { key: paths.key, cert: paths.cert };
      writeFileSync(paths.ca, ca);
      return paths;
    },
  };
}

function problem(message: string): Error {
  return Object.assign(new Error(message), { code: "files.refused" });
}
