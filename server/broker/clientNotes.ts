import type { CloseCause } from "./peer.ts";

/** How a connection of a client ended. */
export interface ClientEnd {
  readonly cause: CloseCause;
  readonly at: number;
}

/** Something a client did or met that somebody may look for later. */
export interface ClientTrouble {
  readonly at: number;
  /** A fixed word, such as `publish-denied` or the frame rule that was broken. */
  readonly what: string;
  /** The topic or filter, where there is one. */
  readonly detail: string | undefined;
}

/** What is remembered of a client beyond its session. */
export interface ClientNote {
  readonly lastEnd: ClientEnd | undefined;
  /** Newest last. */
  readonly troubles: readonly ClientTrouble[];
}

/** Remembers how clients ended and what went wrong, for so many clients. */
export interface ClientNotes {
  ended(clientId: string, end: ClientEnd): void;
  troubled(clientId: string, trouble: ClientTrouble): void;
  of(clientId: string): ClientNote;
}

/** Clients with a note: as many as may be online and away together. */
const CLIENTS_MAX = 10_000;
const TROUBLES_MAX = 5;
const DETAIL_LENGTH = 200;
const EMPTY: ClientNote = { lastEnd: undefined, troubles: [] };

/** Creates empty notes; only clients that were let in are noted, so a stranger cannot push others out. */
export function createClientNotes(): ClientNotes {
  const notes = new Map<string, ClientNote>();

  function change(clientId: string, changed: Partial<ClientNote>): void {
    const note = { ...EMPTY, ...notes.get(clientId), ...changed };
    // Set anew, so that the first in the map is the one that was quiet for longest.
    notes.delete(clientId);
    notes.set(clientId, note);
    if (notes.size <= CLIENTS_MAX) return;
    const [quietest] = notes.keys();
    if (quietest !== undefined) notes.delete(quietest);
  }

  return {
    ended: (clientId, lastEnd) => change(clientId, { lastEnd }),
    troubled(clientId, { detail, ...trouble }) {
      const known = notes.get(clientId)?.troubles ?? [];
      const shown = { ...trouble, detail: detail?.slice(0, DETAIL_LENGTH) };
      change(clientId, { troubles: [...known.slice(1 - TROUBLES_MAX), shown] });
    },
    of: (clientId) => notes.get(clientId) ?? EMPTY,
  };
}
