/** Ids of flows and nodes. */
export const SLUG = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** What an id is made of. */
export interface SlugOptions {
  /** Tells which ids are in use already; a number then makes the new one different. */
  readonly isTaken?: (slug: string) => boolean;
  /** For a text that holds neither letters nor digits. @default "flow" */
  readonly fallback?: string;
}

/** Leaves room for a number within the length of an id. */
const BASE_LENGTH_MAX = 56;

/** A readable id from any text: `Too warm?` gives `too-warm`. */
export function slugOf(text: string, { isTaken = () => false, fallback = "flow" }: SlugOptions = {}): string {
  const plain = text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, BASE_LENGTH_MAX)
    .replaceAll(/^-+|-+$/g, "");
  const base = plain === "" ? fallback : plain;
  if (!isTaken(base)) return base;
  for (let number = 2; ; number++) if (!isTaken(`${base}-${number}`)) return `${base}-${number}`;
}
