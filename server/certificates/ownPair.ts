import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Authority } from "./authority.ts";
import { readPair, type Pair } from "./keyPair.ts";
import { writeSecret } from "./secretFiles.ts";

/** A certificate of the hub's own is replaced so long before it ends. */
const RENEWED_BEFORE_MS = 60 * 86_400_000;

/**
 * The server certificate that the hub's own authority has signed; a new one when the old one nears its end, lacks one of
 * the names, or is of another authority.
 */
export function ownPair(
  folder: string,
  authority: Authority,
  { names, at }: { names: readonly string[]; at: number },
): Pair {
  const files = { certFile: join(folder, "hub.crt"), keyFile: join(folder, "hub.key") };
  const before = existsSync(files.certFile) && existsSync(files.keyFile) ? readOrNothing(files) : undefined;
  if (before !== undefined && isStillGood(before, authority, { names, at })) return before;
  const { cert, key } = authority.issueServer(names, at);
  writeSecret(files.keyFile, key);
  writeSecret(files.certFile, cert);
  return readPair(files);
}

/** A pair that was cut short by a crash is made anew: nobody else depends on it. */
function readOrNothing(files: Parameters<typeof readPair>[0]): Pair | undefined {
  try {
    return readPair(files);
  } catch {
    return undefined;
  }
}

function isStillGood(
  { leaf }: Pair,
  authority: Authority,
  { names, at }: { names: readonly string[]; at: number },
): boolean {
  const endsSoon =
    Date.parse(leaf.validTo) - at < RENEWED_BEFORE_MS && Date.parse(leaf.validTo) < authority.expiresAt;
  return !endsSoon && authority.isIssuerOf(leaf) && names.every((name) => covers(leaf, name));
}

function covers(leaf: Pair["leaf"], name: string): boolean {
  const isAddress = /^[\d.]+$|:/.test(name);
  return (isAddress ? leaf.checkIP(name) : leaf.checkHost(name)) !== undefined;
}
