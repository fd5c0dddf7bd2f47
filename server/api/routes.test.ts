import { describe, expect, it } from "vitest";
import type { InjectOptions } from "fastify";
import { apiLimits } from "./limits.ts";
import type { Route } from "./route.ts";
import { roleFor, roles, scopes, type Scope } from "./scopes.ts";
import { flowOfId, whoOf } from "./testing/memoryParts.ts";
import { createTestApi, type TestApi } from "./testing/testApi.ts";

type GuardedRoute = Route & { readonly scope: Scope };

const isGuarded = (route: Route): route is GuardedRoute =>
  route.scope !== "public" && route.scope !== "setup";
const roleOf = (route: GuardedRoute) => route.role ?? roleFor(route.scope);
const below = (route: GuardedRoute) => roles[roles.indexOf(roleOf(route)) - 1];
const nameOf = ({ method, url }: Route) => `${method} ${url}`;

/** Asks each route and tells the status and the code of each answer. */
async function outcomes<R extends Route>(
  routes: readonly R[],
  ask: (route: R, request: InjectOptions) => ReturnType<TestApi["send"]>,
): Promise<Record<string, string>> {
  const asked = routes.map(async (route) => {
    const { method, url, body: schema } = route;
    const answer = await ask(route, {
      method,
      url: url.replaceAll(":id", "some-id"),
      ...(schema !== undefined && { payload: {} }),
    });
    const isProblem = String(answer.headers["content-type"]).includes("problem");
    const code = isProblem ? answer.json<{ code: string }>().code : "";
    return [nameOf(route), `${answer.statusCode} ${code}`] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

const all = (routes: readonly Route[], outcome: string) =>
  Object.fromEntries(routes.map((route) => [nameOf(route), outcome]));

const withoutRate = { limits: { ...apiLimits, requestBurst: 100_000 } };

describe("the route table", () => {
  it("has each address once, a scope that exists, and a sentence", () => {
    const { routes } = createTestApi().api;
    expect(new Set(routes.map(nameOf)).size).toBe(routes.length);
    for (const { scope, summary, url, params } of routes) {
      expect([...scopes, "public", "setup"]).toContain(scope);
      expect(summary).toMatch(/^[A-Z].*[^ ]$/);
      expect(url.includes(":"), `${url} and its parameters`).toBe(params !== undefined);
    }
  });

  it("offers everything the public contract lists", () => {
    const { routes } = createTestApi().api;
    const names = routes.map(({ method, url }) => `${method} ${url.replace("/api/v1", "")}`);
    const contract = `POST /setup, POST /session, DELETE /session, GET /me, GET /flows, POST /flows, GET /flows/:id,
      PUT /flows/:id, DELETE /flows/:id, POST /flows/:id/deploy, POST /flows/:id/enable, POST /flows/:id/disable,
      POST /flows/:id/rollback, POST /flows/:id/inject, GET /flows/:id/versions, GET /flows/:id/export,
      GET /flows/:id/runs, GET /runs/:id, POST /flows/check, POST /flows/test, GET /nodes, GET /templates,
      GET /devices, POST /devices, GET /devices/knocks, GET /devices/:id, PATCH /devices/:id, DELETE /devices/:id,
      POST /devices/:id/credentials, POST /devices/:id/certificate, GET /devices/:id/certificates,
      POST /devices/:id/revoke, GET /ca.crt, GET /clients, GET /clients/:id, POST /clients/:id/disconnect,
      POST /clients/:id/clear-queue, GET /traces, POST /traces, GET /traces/:id/packets, DELETE /traces/:id, GET /topics, GET /topics/messages, POST /publish, GET /channels, POST /channels,
      GET /channels/kinds, PUT /channels/:id, DELETE /channels/:id, POST /channels/:id/test, GET /outbox,
      POST /outbox/:id/retry, POST /outbox/:id/discard, GET /notifications, POST /notifications/read, GET /tokens,
      POST /tokens, DELETE /tokens/:id, GET /users, POST /users, GET /live, GET /openapi.json, GET /api/docs,
      GET /healthz, GET /readyz, GET /metrics`;
    expect(names).toEqual(expect.arrayContaining(contract.split(/,\s+/)));
  });

  it("lets nobody in who is not signed in", async () => {
    const { api, send } = createTestApi();
    const guarded = api.routes.filter(isGuarded);
    expect(await outcomes(guarded, (_, request) => send(undefined, request))).toEqual(
      all(guarded, "401 auth.required"),
    );
  });

  it("answers nothing but set-up, identity and health before there is an administrator", async () => {
    const { api, send, memory } = createTestApi();
    memory.undoSetup();
    const closed = api.routes.filter(({ scope }) => scope !== "setup");
    expect(await outcomes(closed, (_, request) => send("admin", request))).toEqual(
      all(closed, "503 hub.not-set-up"),
    );
    expect((await send(undefined, { url: "/api/v1/me" })).json()).toMatchObject({ setUp: false });
    expect((await send(undefined, { url: "/healthz" })).statusCode).toBe(200);
    expect((await send(undefined, { url: "/api/v1/nothing" })).statusCode).toBe(503);
  });

  it("lets each role in that a route asks for, and refuses the one below", async () => {
    const { api, send, memory } = createTestApi({ settings: withoutRate });
    memory.flows.set("some-id", flowOfId("some-id"));
    const guarded = api.routes.filter(isGuarded);
    const asWanted = await outcomes(guarded, (route, request) => send(roleOf(route), request));
    expect(Object.entries(asWanted).filter(([, outcome]) => /^40[13] /.test(outcome))).toEqual([]);
    const limited = guarded.filter((route) => roleOf(route) !== "viewer");
    expect(await outcomes(limited, (route, request) => send(below(route), request))).toEqual(
      all(limited, "403 auth.role"),
    );
  });

  it.each(scopes)("refuses a token with %s every route of another scope, and no other", async (scope) => {
    const { api, send, memory } = createTestApi({ settings: withoutRate });
    memory.tokens.set("secret", whoOf("admin", [scope]));
    const headers = { authorization: "Bearer secret" };
    const guarded = api.routes.filter(isGuarded);
    const found = await outcomes(guarded, (_, request) => send(undefined, { ...request, headers }));
    const refused = Object.keys(found).filter((name) => found[name] === "403 auth.scope");
    const isEnough = (route: Route) =>
      scope === route.scope || scope.replace(":write", ":read") === route.scope;
    expect(refused).toEqual(guarded.filter((route) => !isEnough(route)).map(nameOf));
  });
});
