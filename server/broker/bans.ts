/** Who offends too often is refused for a while; nobody for good. */
export interface Bans {
  /** One offence; the note is something to show later, such as an address. */
  strike(key: string, note?: string): void;
  /** True while the key is shut out; a ban begins with the first attempt after too many offences. */
  refuses(key: string): boolean;
}

/** A ban that has begun. Times are ms since 1970. */
export interface Ban {
  readonly key: string;
  readonly until: number;
  /** The latest different notes of its offences. */
  readonly notes: readonly string[];
}

/** How often is too often, and what follows. */
export interface BansOptions {
  /** Offences of one key within a minute that are borne; `Infinity` for one that is never banned. */
  readonly strikesOf: (key: string) => number;
  readonly banMs: number;
  readonly now: () => number;
  readonly onBan: (ban: Ban) => void;
}

const WINDOW_MS = 60_000;
/** Keys remembered; beyond it the ones that offended longest ago are forgotten. */
const KEYS_MAX = 10_000;
const NOTES_MAX = 4;

interface Entry {
  strikes: number[];
  notes: string[];
  bannedUntil: number;
}

/** Nobody is banned at first. */
export function createBans({ strikesOf, banMs, now, onBan }: BansOptions): Bans {
  const entries = new Map<string, Entry>();

  return {
    strike(key, note) {
      if (strikesOf(key) === Infinity) return;
      const at = now();
      const entry = entries.get(key) ?? { strikes: [], notes: [], bannedUntil: 0 };
      entry.strikes = [...recent(entry.strikes, at), at].slice(-strikesOf(key));
      if (note !== undefined)
        entry.notes = [...entry.notes.filter((each) => each !== note), note].slice(-NOTES_MAX);
      // Set anew, so that the map is in the order of the latest offence.
      entries.delete(key);
      entries.set(key, entry);
      const [oldest] = entries.keys();
      if (entries.size > KEYS_MAX && oldest !== undefined) entries.delete(oldest);
    },
    refuses(key) {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      const at = now();
      if (at < entry.bannedUntil) return true;
      if (recent(entry.strikes, at).length < strikesOf(key)) return false;
      entry.bannedUntil = at + banMs;
      entry.strikes = [];
      onBan({ key, until: entry.bannedUntil, notes: entry.notes });
      return true;
    },
  };
}

function recent(strikes: readonly number[], at: number): readonly number[] {
  return strikes.filter((each) => at - each < WINDOW_MS);
}
