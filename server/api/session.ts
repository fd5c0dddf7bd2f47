import type { LoginRequest, Me } from "./contract.ts";
import { dropSession, giveSession } from "./cookies.ts";
import { sessionSecret } from "./guard.ts";
import type { ApiParts, Who } from "./parts.ts";
import { openRoute, type Route } from "./route.ts";
import { exactly, text } from "./schema.ts";
import { me } from "./schemas/access.ts";

/** Signing in and out, and who is signed in. */
export function sessionRoutes(
  { auth, hub, setup }: Pick<ApiParts, "auth" | "hub" | "setup">,
  now: () => number,
): readonly Route[] {
  const meOf = (who: Who | undefined): Me => ({
    setUp: setup.isSetUp(),
    ...(who !== undefined && { user: { id: who.user.id, name: who.user.name, role: who.user.role } }),
    hub: hub.info(),
  });
  return [
    openRoute<{ answer: Me }>({
      method: "GET",
      path: "/me",
      scope: "setup",
      summary: "Tells who is signed in, and whether the hub waits for its set-up.",
      answer: me.ref,
      handle: ({ who }) => meOf(who),
    }),
    openRoute<{ body: LoginRequest; answer: Me }>({
      method: "POST",
      path: "/session",
      scope: "public",
      summary: "Signs a user in; the answer sets the session cookie.",
      body: exactly<LoginRequest>({
        name: text(64, { minLength: 1 }),
        password: text(200, { minLength: 1 }),
      }),
      answer: me.ref,
      handle: async ({ body, address, request, reply }) => {
        const replaces = sessionSecret(callerOf(request));
        const session = await auth.login(body, { address, ...(replaces !== undefined && { replaces }) });
        giveSession({ request, reply }, session, now());
        return meOf(session.who);
      },
    }),
    openRoute<{ answer: void }>({
      method: "DELETE",
      path: "/session",
      scope: "public",
      summary: "Signs out: the session ends, and its live connections close.",
      handle: async ({ request, reply }) => {
        const secret = sessionSecret(callerOf(request));
        if (secret !== undefined) await auth.logout(secret);
        dropSession({ request, reply });
      },
    }),
  ];
}

function callerOf(request: {
  readonly headers: Parameters<typeof sessionSecret>[0]["headers"];
  readonly protocol: string;
}) {
  return { headers: request.headers, isSecure: request.protocol === "https" };
}
