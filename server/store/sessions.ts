import type { Connection } from "./connection.ts";
import { operation } from "./operation.ts";

export interface Session {
  /** SHA-256 of the cookie: a stolen database opens no session. */
  readonly idHash: string;
  readonly userId: string;
  readonly createdAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
}

/** Browser sessions. */
export interface SessionStore {
  readonly get: (idHash: string) => Session | undefined;
  readonly ofUser: (userId: string) => readonly Session[];
  /** Replaces the session `replaces`, if given, in the same transaction. */
  readonly insert: (session: Session, replaces?: string) => Promise<void>;
  readonly touch: (idHash: string, lastSeenAt: number, expiresAt: number) => Promise<void>;
  readonly remove: (idHash: string) => Promise<void>;
  /** Ends all sessions of a user, except one. */
  readonly removeOfUser: (userId: string, exceptIdHash?: string) => Promise<void>;
  readonly removeExpired: (now: number) => Promise<void>;
}

/** More sessions of one user than this end the oldest. */
export const SESSIONS_PER_USER = 50;

const COLUMNS = "idHash, userId, createdAt, lastSeenAt, expiresAt";

/** Sessions in hub.db. */
export function createSessionStore({ reader, commit }: Connection): SessionStore {
  return {
    get: (idHash) => reader.get<Session>(`SELECT ${COLUMNS} FROM sessions WHERE idHash = ?`, idHash),
    ofUser: (userId) =>
      reader.all<Session>(`SELECT ${COLUMNS} FROM sessions WHERE userId = ? ORDER BY createdAt`, userId),
    insert: async (session, replaces) => {
      await commit([
        operation("DELETE FROM sessions WHERE idHash = ?", replaces ?? ""),
        operation(
          `INSERT INTO sessions (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
          session.idHash,
          session.userId,
          session.createdAt,
          session.lastSeenAt,
          session.expiresAt,
        ),
        operation(
          `DELETE FROM sessions WHERE idHash IN (SELECT idHash FROM sessions WHERE userId = ?
             ORDER BY lastSeenAt DESC LIMIT -1 OFFSET ${SESSIONS_PER_USER})`,
          session.userId,
        ),
      ]);
    },
    touch: async (idHash, lastSeenAt, expiresAt) => {
      await commit([
        operation(
          "UPDATE sessions SET lastSeenAt = ?, expiresAt = ? WHERE idHash = ?",
          lastSeenAt,
          expiresAt,
          idHash,
        ),
      ]);
    },
    remove: async (idHash) => {
      await commit([operation("DELETE FROM sessions WHERE idHash = ?", idHash)]);
    },
    removeOfUser: async (userId, exceptIdHash) => {
      await commit([
        operation("DELETE FROM sessions WHERE userId = ? AND idHash <> ?", userId, exceptIdHash ?? ""),
      ]);
    },
    removeExpired: async (now) => {
      await commit([operation("DELETE FROM sessions WHERE expiresAt <= ?", now)]);
    },
  };
}
