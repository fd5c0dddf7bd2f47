import { AuthError } from "./authError.ts";
import type { AuthStore, TokenRow } from "./authStore.ts";
import type { AuthLog, Endings } from "./endings.ts";
import { allows, isScope, type Principal } from "./roles.ts";
import { hashOf, matchesHash, randomSecret } from "./secrets.ts";

/** A token without its secret. */
export interface TokenSummary {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt: number | null;
}

export interface NewToken extends TokenSummary {
  /** Shown once. */
  readonly token: string;
}

export interface TokenRequest {
  readonly name: string;
  readonly scopes: readonly string[];
  /** @default 90 */
  readonly expiresInDays?: number;
}

/** Tokens for programs. One never reaches further than its owner does at the moment of use. */
export interface ApiTokens {
  /** Those of the user; all of them for an administrator. */
  readonly list: (who: Principal) => readonly TokenSummary[];
  readonly add: (request: TokenRequest, who: Principal) => Promise<NewToken>;
  /** `false`: there is none of this id that the user may see. */
  readonly remove: (id: string, who: Principal) => Promise<boolean>;
  readonly find: (token: string) => Principal | "expired" | undefined;
}

export interface TokenParts {
  readonly store: Pick<AuthStore, "users" | "tokens">;
  readonly endings: Endings;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: AuthLog;
}

export const tokenLimits = {
  idBytes: 8,
  secretBytes: 32,
  perUser: 100,
  nameLength: 64,
  days: 90,
  daysMax: 400,
  /** Use is written down at most so often. */
  touchMs: 60_000,
} as const;

const DAY_MS = 86_400_000;
const FORMAT = /^mr_([0-9a-f]{16})_([\w-]{43})$/;

/** API tokens over a store. */
export function createApiTokens({ store, endings, now, log }: TokenParts): ApiTokens {
  function touch(id: string): void {
    store.tokens
      .touch(id, now())
      .catch((error: unknown) => log.warn({ err: error }, "The use of a token could not be written down."));
  }

  const visibleTo = ({ user }: Principal): readonly TokenRow[] =>
    store.tokens.all().filter(({ userId }) => user.role === "admin" || userId === user.id);

  return {
    list: (who) => visibleTo(who).map(summaryOf),
    add: async (request, who) => {
      check(request, who);
      if (store.tokens.all().filter(({ userId }) => userId === who.user.id).length >= tokenLimits.perUser)
        throw new AuthError(
          "token.too-many",
          `You have ${tokenLimits.perUser} tokens already; remove one you no longer need.`,
        );
      const { row, token } = newToken(request, who.user.id, now());
      await store.tokens.insert(row);
      return { ...summaryOf(row), token };
    },
    remove: async (id, who) => {
      if (!visibleTo(who).some((token) => token.id === id)) return false;
      const isRemoved = await store.tokens.remove(id);
      endings.tell([id]);
      return isRemoved;
    },
    find: (token) => {
      const [, id = "", secret = ""] = FORMAT.exec(token) ?? [];
      const row = store.tokens.get(id);
      if (row === undefined || !matchesHash(secret, row.secretHash)) return undefined;
      if (row.expiresAt !== null && row.expiresAt <= now()) return "expired";
      const owner = store.users.get(row.userId);
      if (owner === undefined) return undefined;
      if (now() - (row.lastUsedAt ?? 0) >= tokenLimits.touchMs) touch(id);
      const { name, role } = owner;
      return { user: { id: owner.id, name, role }, key: id, via: "token", scopes: row.scopes };
    },
  };
}

function check({ name, scopes, expiresInDays = tokenLimits.days }: TokenRequest, who: Principal): void {
  if (name.trim() === "" || name.length > tokenLimits.nameLength)
    throw new AuthError(
      "token.invalid",
      `The token needs a name of at most ${tokenLimits.nameLength} characters.`,
    );
  if (!(expiresInDays > 0 && expiresInDays <= tokenLimits.daysMax))
    throw new AuthError(
      "token.invalid",
      `A token lives up to ${tokenLimits.daysMax} days; ${expiresInDays} is not possible.`,
    );
  if (scopes.length === 0) throw new AuthError("token.invalid", "The token needs at least one scope.");
  const refused = scopes.filter((scope) => !isScope(scope) || !allows(who, scope));
  if (refused.length > 0)
    throw new AuthError(
      "token.invalid",
      `These scopes do not exist, or you do not have them yourself: ${refused.slice(0, 5).join(", ")}.`,
    );
}

function newToken(
  { name, scopes, expiresInDays = tokenLimits.days }: TokenRequest,
  userId: string,
  at: number,
): { readonly row: TokenRow; readonly token: string } {
  const id = Buffer.from(randomSecret(tokenLimits.idBytes), "base64url").toString("hex");
  const secret = randomSecret(tokenLimits.secretBytes);
  const prefix = `mr_${id}`;
  const row = {
    id,
    name: name.trim(),
    prefix,
    secretHash: hashOf(secret),
    userId,
    scopes: [...new Set(scopes)],
    createdAt: at,
    expiresAt: at + expiresInDays * DAY_MS,
    lastUsedAt: null,
  };
  return { row, token: `${prefix}_${secret}` };
}

function summaryOf({ id, name, prefix, scopes, createdAt, expiresAt, lastUsedAt }: TokenRow): TokenSummary {
  return { id, name, prefix, scopes, createdAt, expiresAt: expiresAt ?? Number.MAX_SAFE_INTEGER, lastUsedAt };
}
