import type { ClientNotes } from "./clientNotes.ts";
import type { Counters } from "./counters.ts";
import type { Peer, PeerHooks } from "./peer.ts";

/** Where the observations go. */
export interface Observers {
  readonly notes: ClientNotes;
  readonly counters: Counters;
  readonly now: () => number;
  /** A client was let in. */
  readonly onOpen: (peer: Peer, clientId: string) => void;
}

/** The same hooks; each end and each refusal of a client that was let in is noted on the way. */
export function observedHooks(hooks: PeerHooks, { notes, counters, now, onOpen }: Observers): PeerHooks {
  const asking = new WeakMap<Peer, string>();
  const clientIds = new WeakMap<Peer, string>();

  function troubled(peer: Peer, what: string, detail?: string): void {
    const clientId = clientIds.get(peer);
    if (clientId !== undefined) notes.troubled(clientId, { at: now(), what, detail });
  }

  return {
    ...hooks,
    connect(peer, request) {
      asking.set(peer, request.clientId);
      return hooks.connect(peer, request);
    },
    open(peer) {
      const isOpen = hooks.open(peer);
      const clientId = asking.get(peer);
      if (isOpen && clientId !== undefined) {
        clientIds.set(peer, clientId);
        onOpen(peer, clientId);
      }
      return isOpen;
    },
    subscribe(peer, filter, qos) {
      const isGranted = hooks.subscribe(peer, filter, qos);
      if (!isGranted) troubled(peer, "subscribe-denied", filter);
      return isGranted;
    },
    refused(peer, reason) {
      troubled(peer, reason);
      hooks.refused(peer, reason);
    },
    closed(peer, cause) {
      counters.ends[cause]++;
      const clientId = clientIds.get(peer);
      if (clientId !== undefined) notes.ended(clientId, { cause, at: now() });
      hooks.closed(peer, cause);
    },
  };
}
