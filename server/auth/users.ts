import { randomUUID } from "node:crypto";
import { AuthError } from "./authError.ts";
import type { AuthStore, UserRow } from "./authStore.ts";
import type { Endings } from "./endings.ts";
import { nameFault, passwordFault } from "./passwordRules.ts";
import type { Passwords } from "./passwords.ts";
import type { Role } from "./roles.ts";

/** A user without the password. */
export interface UserSummary {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
}

export interface UserRequest {
  readonly name: string;
  readonly password: string;
  readonly role: Role;
}

/** The people who may sign in. */
export interface Users {
  readonly list: () => readonly UserSummary[];
  readonly add: (request: UserRequest) => Promise<UserSummary>;
  /** Ends all sessions of the user but the one named by its key. */
  readonly setPassword: (id: string, password: string, keepKey?: string) => Promise<void>;
  /** Ends all sessions of the user: the next one has the new role from its start. */
  readonly setRole: (id: string, role: Role) => Promise<void>;
  /** Ends all sessions and tokens of the user. */
  readonly remove: (id: string) => Promise<void>;
}

export interface UserParts {
  readonly store: Pick<AuthStore, "users" | "sessions" | "tokens">;
  readonly passwords: Passwords;
  readonly endings: Endings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Users over a store. */
export function createUsers({ store, passwords, endings, now }: UserParts): Users {
  function existing(id: string): UserRow {
    const user = store.users.get(id);
    if (user === undefined) throw new AuthError("user.unknown", "There is no such user.");
    return user;
  }

  const sessionKeys = (userId: string): readonly string[] =>
    store.sessions.ofUser(userId).map(({ idHash }) => idHash);

  return {
    list: () => store.users.all().map(summaryOf),
    add: async (request) => {
      const user = await newUser(request, passwords, now());
      if (!(await store.users.insert(user)))
        throw new AuthError("user.exists", `There is a user named ${user.name} already.`);
      return summaryOf(user);
    },
    setPassword: async (id, password, keepKey) => {
      refuse(passwordFault(password, existing(id).name));
      const passwordHash = await passwords.hash(password);
      const ended = sessionKeys(id).filter((key) => key !== keepKey);
      if (!(await store.users.update(id, { passwordHash }, keepKey))) existing(id);
      endings.tell(ended);
    },
    setRole: async (id, role) => {
      existing(id);
      const ended = sessionKeys(id);
      if (!(await store.users.update(id, { role }))) throw lastAdmin();
      endings.tell(ended);
    },
    remove: async (id) => {
      existing(id);
      const tokens = store.tokens.all().filter(({ userId }) => userId === id);
      const ended = [...sessionKeys(id), ...tokens.map((token) => token.id)];
      if (!(await store.users.remove(id))) throw lastAdmin();
      endings.tell(ended);
    },
  };
}

/** Checks name and password and hashes the password; refuses with `user.invalid`. */
export async function newUser(
  { name, password, role }: UserRequest,
  passwords: Passwords,
  createdAt: number,
): Promise<UserRow> {
  refuse(nameFault(name) ?? passwordFault(password, name));
  return { id: randomUUID(), name, passwordHash: await passwords.hash(password), role, createdAt };
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new AuthError("user.invalid", fault);
}

function lastAdmin(): AuthError {
  return new AuthError("user.in-use", "This is the last administrator; make somebody else one first.");
}

function summaryOf({ id, name, role, createdAt }: UserRow): UserSummary {
  return { id, name, role, createdAt };
}
