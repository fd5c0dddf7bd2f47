import { describe, expect, it } from "vitest";
import { whoOf } from "./testing/memoryParts.ts";
import { createTestApi } from "./testing/testApi.ts";

describe("sessions", () => {
  it("come as a cookie that scripts and other sites cannot use", async () => {
    const { send } = createTestApi();
    const login = {
      method: "POST",
      url: "/api/v1/session",
      payload: { name: "admin", password: "right password" },
    } as const;
    const answer = await send(undefined, login);
    expect(answer.json()).toMatchObject({ setUp: true, user: { name: "admin", role: "admin" } });
    const [cookie] = [answer.headers["set-cookie"]].flat();
    expect(cookie).toMatch(/^millrace=admin; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/);
  });

  it("take the __Host- prefix and Secure under TLS, which only a trusted proxy can claim", async () => {
    const login = {
      method: "POST",
      url: "/api/v1/session",
      payload: { name: "admin", password: "right password" },
      headers: { "x-forwarded-proto": "https" },
    } as const;
    const trusting = createTestApi({ settings: { trustProxy: ["127.0.0.1"] } });
    const answer = await trusting.send(undefined, login);
    expect(String(answer.headers["set-cookie"])).toMatch(/^__Host-millrace=admin; .*; Secure/);
    expect(answer.headers["strict-transport-security"]).toBe("max-age=31536000");
    const me = await trusting.send(undefined, {
      url: "/api/v1/me",
      headers: { "x-forwarded-proto": "https", cookie: "millrace=admin" },
    });
    expect(me.json()).not.toHaveProperty("user");
    expect(String((await createTestApi().send(undefined, login)).headers["set-cookie"])).toMatch(
      /^millrace=/,
    );
  });

  it("end at log-out", async () => {
    const { send } = createTestApi();
    const out = await send("viewer", { method: "DELETE", url: "/api/v1/session" });
    expect(out.statusCode).toBe(204);
    expect(String(out.headers["set-cookie"])).toContain("Max-Age=0");
    expect((await send("viewer", { url: "/api/v1/flows" })).statusCode).toBe(401);
  });

  it("tell when to try again after too many wrong passwords", async () => {
    const { send } = createTestApi();
    const login = (password: string) =>
      send(undefined, { method: "POST", url: "/api/v1/session", payload: { name: "admin", password } });
    expect((await login("wrong")).json()).toMatchObject({ status: 401, code: "auth.wrong" });
    const slow = await login("slow down");
    expect(slow.statusCode).toBe(429);
    expect(slow.headers["retry-after"]).toBe("3");
  });
});

describe("changes by cookie", () => {
  const create = { method: "POST", url: "/api/v1/flows", payload: { name: "A" }, headers: {} } as const;
  const codeWith = async (headers: Record<string, string>) => {
    const { statusCode, body } = await createTestApi().api.app.inject({
      ...create,
      headers: { cookie: "millrace=editor", host: "hub.local:8080", ...headers },
    });
    if (statusCode === 201) return "done";
    const { code }: { code: string } = JSON.parse(body);
    return code;
  };

  it("need the header that pages of other sites cannot send", async () => {
    expect(await codeWith({})).toBe("request.header-missing");
    expect(await codeWith({ "x-millrace": "0" })).toBe("request.header-missing");
    expect(await codeWith({ "x-millrace": "1" })).toBe("done");
  });

  it("must come from our own origin where the browser tells one", async () => {
    const from = (origin: string) => codeWith({ "x-millrace": "1", origin });
    expect(await from("http://hub.local:8080")).toBe("done");
    const foreign = [
      "http://evil.example",
      "http://hub.local:8081",
      "null",
      "file://hub.local:8080",
      "hub.local:8080",
    ];
    expect(await Promise.all(foreign.map(from))).toEqual(foreign.map(() => "request.origin"));
    expect(await codeWith({ "x-millrace": "1", "sec-fetch-site": "cross-site" })).toBe("request.origin");
  });

  it("are not signed in by another site either", async () => {
    const answer = await createTestApi().send(undefined, {
      method: "POST",
      url: "/api/v1/session",
      payload: { name: "admin", password: "right password" },
      headers: { origin: "http://evil.example" },
    });
    expect(answer.json()).toMatchObject({ code: "request.origin" });
  });
});

describe("tokens", () => {
  it("work without cookie, header and origin", async () => {
    const { send, memory } = createTestApi();
    memory.tokens.set("mr_good", whoOf("editor", ["flows:write"]));
    const answer = await send(undefined, {
      method: "POST",
      url: "/api/v1/flows",
      payload: { name: "A" },
      headers: { authorization: "Bearer mr_good", origin: "http://elsewhere.example" },
    });
    expect(answer.statusCode).toBe(201);
  });

  it("are refused when unknown, expired, or sent beside a good cookie", async () => {
    const { send, memory } = createTestApi();
    memory.tokens.set("mr_old", "expired");
    const ask = (token: string) =>
      send("admin", { url: "/api/v1/flows", headers: { authorization: `Bearer ${token}` } });
    const old = await ask("mr_old");
    expect(old.json()).toMatchObject({ status: 401, code: "auth.token-expired" });
    expect(old.headers["www-authenticate"]).toBe('Bearer realm="millrace"');
    expect((await ask("mr_unknown")).json()).toMatchObject({ code: "auth.token-wrong" });
    expect((await ask("x".repeat(300))).json()).toMatchObject({ code: "auth.token-wrong" });
  });

  it("cannot make a token that may more than they may", async () => {
    const { send, memory } = createTestApi();
    memory.tokens.set("mr_users", whoOf("admin", ["users:write", "flows:read"]));
    const make = (scopes: string[]) =>
      send(undefined, {
        method: "POST",
        url: "/api/v1/tokens",
        payload: { name: "child", scopes },
        headers: { authorization: "Bearer mr_users" },
      });
    expect((await make(["flows:read", "users:read"])).statusCode).toBe(201);
    expect((await make(["flows:write"])).json()).toMatchObject({ code: "auth.scope" });
  });
});

describe("the rate cap", () => {
  it("allows a burst of 200 for each session, then 50 a second", async () => {
    const { api, clock } = createTestApi();
    const ask = (who: string) =>
      api.app.inject({ url: "/api/v1/flows", headers: { cookie: `millrace=${who}` } });
    const burst = await Promise.all(Array.from({ length: 200 }, () => ask("viewer")));
    expect(burst.every(({ statusCode }) => statusCode === 200)).toBe(true);
    const refused = await ask("viewer");
    expect(refused.json()).toMatchObject({ status: 429, code: "request.too-fast" });
    expect(refused.headers["retry-after"]).toBe("1");
    expect((await ask("editor")).statusCode).toBe(200);
    clock.now += 20;
    expect((await ask("viewer")).statusCode).toBe(200);
    expect((await ask("viewer")).statusCode).toBe(429);
  });

  it("counts those who are not signed in by address", async () => {
    const { api } = createTestApi();
    const ask = (remoteAddress: string) => api.app.inject({ url: "/api/v1/me", remoteAddress });
    await Promise.all(Array.from({ length: 200 }, () => ask("10.0.0.1")));
    expect((await ask("10.0.0.1")).statusCode).toBe(429);
    expect((await ask("10.0.0.2")).statusCode).toBe(200);
  });
});
