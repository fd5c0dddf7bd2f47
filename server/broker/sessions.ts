import type { Acl } from "./acl.ts";
import type { Bus } from "./bus.ts";
import type { Counters } from "./counters.ts";
import type { Ledger } from "./ledger.ts";
import type { BrokerLimits } from "./limits.ts";
import { createSession, type Session, type SessionRequest } from "./session.ts";
import type { KeptSession } from "./storage.ts";

/** All sessions, online and offline. */
export interface Sessions {
  get(clientId: string): Session | undefined;
  all(): Iterable<Session>;
  readonly count: number;
  /** The session a new connection continues, or a fresh one; a clean start forgets the old one [MQTT-3.1.2-6]. */
  open(request: SessionRequest): Session;
  /** The connection ended: a clean session ends with it. */
  leave(session: Session): void;
  remove(session: Session): void;
  /** Takes up a session as it was kept, under today's rules. */
  restore(kept: KeptSession, acl: Acl): void;
  /** Removes sessions whose client has been away for too long; returns how many. */
  expire(): number;
}

/** Parts the sessions work with. */
export interface SessionsOptions {
  readonly bus: Bus;
  readonly limits: BrokerLimits;
  readonly counters: Counters;
  readonly ledger: Ledger;
  /** Numbers kept messages, in order, over restarts. */
  readonly nextSeq: () => number;
  /** The queue of a client is full, and the policy is to part. */
  readonly onOverflow: (clientId: string) => void;
  readonly now: () => number;
}

/** When all queues together are too big, the biggest gives up this part of the bound at once. */
const TRIMMED_PART = 1 / 64;
/** Sessions removed in one sweep, so that it never takes long. */
const EXPIRED_AT_ONCE = 100;

/** Creates the table of sessions. */
export function createSessions(options: SessionsOptions): Sessions {
  const { bus, ledger, counters, limits, nextSeq, now } = options;
  const sessions = new Map<string, Session>();
  /** Who has been away for longest comes first. */
  const offline = new Set<Session>();
  let queuedBytes = 0;

  function create(request: SessionRequest): Session {
    const onOverflow = (): void => options.onOverflow(request.clientId);
    const parts = { bus, ledger, counters, limits, nextSeq, onBytes, onOverflow };
    const session = createSession(request, parts);
    sessions.set(session.clientId, session);
    return session;
  }

  function onBytes(change: number): void {
    queuedBytes += change;
    if (change > 0 && queuedBytes > limits.queueBytesTotal) trimBiggest();
  }

  function trimBiggest(): void {
    const bound = limits.queueBytesTotal * (1 - TRIMMED_PART);
    let biggest: Session | undefined;
    let most = 0;
    for (const session of sessions.values()) {
      const bytes = session.delivery.status().queuedBytes;
      if (bytes > most) [biggest, most] = [session, bytes];
    }
    biggest?.delivery.trim(queuedBytes - bound);
  }

  function remove(session: Session): void {
    counters.dropped["session-removed"] += session.discard();
    offline.delete(session);
    if (sessions.get(session.clientId) !== session) return;
    sessions.delete(session.clientId);
    if (session.isPersistent) ledger.note({ do: "forget", clientId: session.clientId });
  }

  function noteOffline(session: Session): void {
    offline.add(session);
    const [oldest] = offline;
    if (offline.size > limits.offlineSessions && oldest !== undefined) expireOne(oldest);
  }

  function expireOne(session: Session): void {
    counters.sessionsExpired++;
    remove(session);
  }

  return {
    get: (clientId) => sessions.get(clientId),
    all: () => sessions.values(),
    get count() {
      return sessions.size;
    },
    open(request) {
      const { clientId, user, isPersistent } = request;
      const before = sessions.get(clientId);
      if (before !== undefined && !(before.isPersistent && isPersistent)) remove(before);
      if (isPersistent) ledger.note({ do: "open", clientId, user });
      if (before === undefined || !before.isPersistent || !isPersistent) return create(request);
      before.acl = request.acl;
      before.offlineSince = undefined;
      before.delivery.detach();
      offline.delete(before);
      return before;
    },
    leave(session) {
      session.delivery.detach();
      if (!session.isPersistent) return remove(session);
      const { clientId, delivery } = session;
      const at = now();
      session.offlineSince = at;
      ledger.note({ do: "leave", clientId, at, sentCount: delivery.status().inFlight });
      noteOffline(session);
    },
    remove,
    restore(kept, acl) {
      const { clientId, user } = kept;
      const session = create({ clientId, user, acl, isPersistent: true });
      session.restore({ ...kept, offlineSince: kept.offlineSince ?? now() });
      noteOffline(session);
    },
    expire() {
      const before = now() - limits.sessionExpiryMs;
      const gone = [];
      for (const session of offline) {
        if ((session.offlineSince ?? Infinity) > before || gone.length === EXPIRED_AT_ONCE) break;
        gone.push(session);
      }
      for (const session of gone) expireOne(session);
      return gone.length;
    },
  };
}
