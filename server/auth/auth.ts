import { createApiTokens, type ApiTokens } from "./apiTokens.ts";
import { AuthError } from "./authError.ts";
import type { AuthStore } from "./authStore.ts";
import { createEndings, type AuthLog } from "./endings.ts";
import { createPasswords } from "./passwords.ts";
import type { Principal } from "./roles.ts";
import { createSessions, type NewSession } from "./sessions.ts";
import { createSetUp, type FirstAdmin, type SetUp } from "./setUp.ts";
import { createThrottle } from "./throttle.ts";
import { createUsers, type Users } from "./users.ts";

export interface LoginFrom {
  readonly address: string;
  /** The cookie that was sent along: its session ends. */
  readonly replaces?: string;
}

/** Who may do what: users, sessions, tokens, and the set-up. */
export interface Auth {
  readonly isSetUp: () => boolean;
  /** Makes the one-time token of this start. */
  readonly prepareSetUp: SetUp["prepare"];
  /** Makes the first administrator and signs in. */
  readonly setUp: (request: FirstAdmin & { readonly token: string }) => Promise<NewSession>;
  readonly setUpUnattended: SetUp["unattended"];
  readonly login: (
    request: { readonly name: string; readonly password: string },
    from: LoginFrom,
  ) => Promise<NewSession>;
  readonly logout: (secret: string) => Promise<void>;
  /** Who the session of a cookie belongs to. */
  readonly session: (secret: string) => Principal | undefined;
  /** Who the token of an `Authorization` header belongs to. */
  readonly token: (secret: string) => Principal | "expired" | undefined;
  /** Told the key of each session or token that has ended; returns its own off. */
  readonly onEnded: (listener: (key: string) => void) => () => void;
  readonly users: Users;
  readonly tokens: Omit<ApiTokens, "find">;
}

export interface AuthParts {
  readonly store: AuthStore;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: AuthLog;
}

/** Access over a store. */
export function createAuth({ store, now, log }: AuthParts): Auth {
  const passwords = createPasswords();
  const throttle = createThrottle(now);
  const endings = createEndings(log);
  const sessions = createSessions({ store, endings, now, log });
  const { find, ...tokens } = createApiTokens({ store, endings, now, log });
  const setUp = createSetUp({ store, passwords, now });

  async function login(
    { name, password }: { readonly name: string; readonly password: string },
    { address, replaces }: LoginFrom,
  ): Promise<NewSession> {
    const attempt = throttle.attempt({ name, address });
    const user = store.users.byName(name);
    if (!(await passwords.verify(password, user?.passwordHash)) || user === undefined)
      throw new AuthError("auth.wrong", "Name or password is wrong.");
    attempt.succeed();
    return sessions.begin(user, replaces);
  }

  return {
    isSetUp: setUp.isDone,
    prepareSetUp: setUp.prepare,
    setUp: async (request) => sessions.begin(await setUp.withToken(request)),
    setUpUnattended: setUp.unattended,
    login,
    logout: sessions.end,
    session: sessions.find,
    token: find,
    onEnded: endings.on,
    users: createUsers({ store, passwords, endings, now }),
    tokens,
  };
}
