import type { Connection } from "./connection.ts";
import { guard, operation, type Operation } from "./operation.ts";

export type Role = "viewer" | "operator" | "editor" | "admin";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly passwordHash: string;
  readonly role: Role;
  readonly createdAt: number;
}

export type UserChange = Partial<Pick<User, "name" | "passwordHash" | "role">>;

/** People who may log in. Names are unique whatever their case. */
export interface UserStore {
  readonly all: () => readonly User[];
  readonly get: (id: string) => User | undefined;
  readonly byName: (name: string) => User | undefined;
  readonly hasAdmin: () => boolean;
  /** `false`: the name is taken. */
  readonly insert: (user: User) => Promise<boolean>;
  /** `false`: there is an admin already. */
  readonly insertFirstAdmin: (user: User) => Promise<boolean>;
  /**
   * A new password or role ends the user's sessions, except one.
   * `false`: unknown, the name is taken, or the last admin would lose the role.
   */
  readonly update: (id: string, change: UserChange, keepSession?: string) => Promise<boolean>;
  /** Also removes the user's sessions and tokens. `false`: unknown, or the last admin. */
  readonly remove: (id: string) => Promise<boolean>;
}

const COLUMNS = "id, name, passwordHash, role, createdAt";

/** Users in hub.db. */
export function createUserStore({ reader, commit }: Connection): UserStore {
  return {
    all: () => reader.all<User>(`SELECT ${COLUMNS} FROM users ORDER BY name`),
    get: (id) => reader.get<User>(`SELECT ${COLUMNS} FROM users WHERE id = ?`, id),
    byName: (name) => reader.get<User>(`SELECT ${COLUMNS} FROM users WHERE name = ?`, name),
    hasAdmin: () => reader.get("SELECT 1 FROM users WHERE role = 'admin' LIMIT 1") !== undefined,
    insert: (user) =>
      commit([
        guard(
          `INSERT INTO users (${COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
          ...valuesOf(user),
        ),
      ]),
    insertFirstAdmin: (user) => commit([insertFirstAdmin(user)]),
    update: (id, { name, passwordHash, role }, keepSession) =>
      commit([
        guard(
          `UPDATE OR IGNORE users SET name = coalesce(?, name), passwordHash = coalesce(?, passwordHash),
             role = coalesce(?, role)
           WHERE id = ? AND (coalesce(?, role) = 'admin' OR role <> 'admin' OR ${OTHER_ADMIN})`,
          name ?? null,
          passwordHash ?? null,
          role ?? null,
          id,
          role ?? null,
        ),
        ...(passwordHash === undefined && role === undefined
          ? []
          : [operation("DELETE FROM sessions WHERE userId = ? AND idHash <> ?", id, keepSession ?? "")]),
      ]),
    remove: (id) =>
      commit([guard(`DELETE FROM users WHERE id = ? AND (role <> 'admin' OR ${OTHER_ADMIN})`, id)]),
  };
}

/** A guard that lets exactly one of several racing set-ups win. */
export function insertFirstAdmin(user: User): Operation {
  return guard(
    `INSERT INTO users (${COLUMNS}) SELECT ?, ?, ?, ?, ?
     WHERE NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin')`,
    ...valuesOf({ ...user, role: "admin" }),
  );
}

/** A hub that nobody can administrate could only be reset. */
const OTHER_ADMIN =
  "EXISTS (SELECT 1 FROM users AS other WHERE other.role = 'admin' AND other.id <> users.id)";

function valuesOf(user: User): readonly [string, string, string, string, number] {
  return [user.id, user.name, user.passwordHash, user.role, user.createdAt];
}
