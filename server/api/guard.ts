import { fastifyCookie } from "@fastify/cookie";
import type { IncomingHttpHeaders } from "node:http";
import type { ApiParts, Who } from "./parts.ts";
import { isOwnOrigin } from "./origin.ts";
import { ApiProblem } from "./problem.ts";
import type { Rate } from "./rate.ts";
import type { Route } from "./route.ts";
import { roleFor, roleReaches, scopesInclude } from "./scopes.ts";

/** Who knocks, before anything is known about them. */
export interface Caller {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly address: string;
  /** Names under which the caller may have reached us. */
  readonly hosts: readonly string[];
  readonly isSecure: boolean;
  /** Asks for a WebSocket. */
  readonly isUpgrade?: true;
}

/** The one place where a request is let in: set-up, identity, rate, origin, role and scope, in this order. */
export interface Guard {
  /** Refuses with an ApiProblem; answers who it is where somebody is signed in. */
  admit(route: Pick<Route, "scope" | "role" | "summary">, caller: Caller): Promise<Who | undefined>;
  /** True while the caller is who they were; asks nothing of their rate. Never rejects. */
  isStillIn(caller: Caller, who: Who): Promise<boolean>;
  /** For addresses that no route has. */
  admitStranger(caller: Caller): void;
}

/** The `__Host-` prefix binds a cookie to one host, and browsers take it only over TLS. */
export function cookieName(isSecure: boolean): string {
  return isSecure ? "__Host-millrace" : "millrace";
}

/** The secret of the session cookie, if one was sent. */
export function sessionSecret({
  headers,
  isSecure,
}: Pick<Caller, "headers" | "isSecure">): string | undefined {
  const secret =
    headers.cookie === undefined ? undefined : fastifyCookie.parse(headers.cookie)[cookieName(isSecure)];
  return secret === undefined || secret === "" || secret.length > SECRET_LENGTH ? undefined : secret;
}

/** Characters; longer ones are no secrets of ours and are not worth hashing. */
const SECRET_LENGTH = 256;
/** Methods that change nothing. An upgrade to WebSocket is one in name only: a page of any site can ask for it. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/** Builds the guard. */
export function createGuard({
  parts,
  rate,
}: {
  readonly parts: Pick<ApiParts, "auth" | "setup">;
  readonly rate: Rate;
}): Guard {
  function refuseBeforeSetup(): void {
    if (!parts.setup.isSetUp())
      throw new ApiProblem(
        "hub.not-set-up",
        "This hub has not been set up yet. Open the set-up link that it printed.",
      );
  }

  function spendRate(key: string): void {
    const retryAfterMs = rate.take(key);
    if (retryAfterMs > 0)
      throw new ApiProblem("request.too-fast", "Too many requests in a short time; wait a moment.", {
        retryAfterMs,
      });
  }

  async function identify(caller: Caller): Promise<Who | undefined> {
    const bearer = bearerOf(caller);
    if (bearer !== undefined) return identifyToken(bearer, caller);
    const who = await sessionOf(caller);
    spendRate(who?.key ?? caller.address);
    if (who !== undefined) checkForgery(caller);
    return who;
  }

  async function sessionOf(caller: Caller): Promise<Who | undefined> {
    const secret = sessionSecret(caller);
    return secret === undefined ? undefined : parts.auth.session(secret);
  }

  async function identifyToken(secret: string, { address }: Caller): Promise<Who> {
    const who = secret.length > SECRET_LENGTH ? undefined : await parts.auth.token(secret);
    spendRate(typeof who === "object" ? who.key : address);
    if (who === "expired")
      throw new ApiProblem("auth.token-expired", "This token has expired; make a new one.");
    if (who === undefined)
      throw new ApiProblem("auth.token-wrong", "This token is unknown, or it was revoked.");
    return who;
  }

  return {
    async admit(route, caller) {
      const isOpen = route.scope === "public" || route.scope === "setup";
      if (route.scope !== "setup") refuseBeforeSetup();
      const who = await identify(caller);
      // A page of another site must not sign its visitor in either.
      if (isOpen && who === undefined) checkOrigin(caller);
      if (route.scope === "public" || route.scope === "setup") return who;
      if (who === undefined) throw new ApiProblem("auth.required", "Sign in first, or send a token.");
      checkRights(route, route.scope, who);
      return who;
    },
    async isStillIn(caller, { key, user }) {
      try {
        const bearer = bearerOf(caller);
        const present = bearer === undefined ? await sessionOf(caller) : await parts.auth.token(bearer);
        return typeof present === "object" && present.key === key && present.user.role === user.role;
      } catch {
        // A store that cannot be read lets nobody in, and nobody stay.
        return false;
      }
    },
    admitStranger(caller) {
      refuseBeforeSetup();
      spendRate(caller.address);
    },
  };
}

function bearerOf({ headers }: Caller): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

function checkForgery(caller: Caller): void {
  checkOrigin(caller);
  if (SAFE_METHODS.has(caller.method)) return;
  // Pages of other origins cannot set it without asking us first, and we never allow it.
  if (caller.headers["x-millrace"] !== "1")
    throw new ApiProblem(
      "request.header-missing",
      "A change by session cookie must have the header X-Millrace: 1.",
    );
}

function checkOrigin(caller: Caller): void {
  const isSafe = SAFE_METHODS.has(caller.method) && caller.isUpgrade !== true;
  if (isSafe || isOwnOrigin(caller.headers, caller)) return;
  throw new ApiProblem("request.origin", "This request comes from a page of another site.");
}

function checkRights(
  { role }: Pick<Route, "role">,
  scope: Parameters<typeof roleFor>[0],
  { user, scopes }: Who,
): void {
  const wanted = role ?? roleFor(scope);
  if (!roleReaches(user.role, wanted))
    throw new ApiProblem("auth.role", `This takes the role ${wanted}; ${user.name} is ${user.role}.`);
  if (scopes !== undefined && !scopesInclude(scopes, scope))
    throw new ApiProblem("auth.scope", `This token lacks the scope ${scope}.`);
}
