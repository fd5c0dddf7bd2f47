import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { docsPage } from "./docsPage.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { problemCodes } from "./problemCodes.ts";
import { components } from "./schemas/index.ts";
import { deviceOfId, flowOfId } from "./testing/memoryParts.ts";
import { strict } from "./testing/strict.ts";
import { createTestApi } from "./testing/testApi.ts";

describe("the OpenAPI document", () => {
  it("holds every route with its scope, and every reference leads somewhere", async () => {
    const { api, send } = createTestApi();
    const answer = await send(undefined, { url: "/api/v1/openapi.json" });
    const document = answer.json<OpenApiDocument>();
    for (const { method, url, scope, summary } of api.routes) {
      const operation = document.paths[url.replaceAll(/:([a-z]+)/g, "{$1}")]?.[method.toLowerCase()];
      expect(operation, `${method} ${url}`).toMatchObject({ summary });
      const isOpen = scope === "public" || scope === "setup";
      expect(operation?.security).toEqual(isOpen ? [] : [{ session: [] }, { token: [scope] }]);
    }
    const references = [...answer.body.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(50);
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(
      expect.arrayContaining([...new Set(references)]),
    );
  });

  it("tells the truth about the answers", async () => {
    const test = createTestApi();
    const ajv = new Ajv({
      allowUnionTypes: true,
      allErrors: true,
      schemas: components.map(({ schema }) => strict(schema)),
    });
    test.memory.flows.set("door", flowOfId("door"));
    await test.send("admin", { method: "POST", url: "/api/v1/devices", payload: { name: "lamp" } });
    const asked: Record<string, object> = {
      "POST /api/v1/flows": { name: "New" },
      "POST /api/v1/flows/:id/inject": { node: "press" },
      "POST /api/v1/flows/:id/rollback": { version: 1 },
      "POST /api/v1/tokens": { name: "t", scopes: ["flows:read"] },
      "POST /api/v1/devices": { name: "sensor" },
      "POST /api/v1/traces": { client: "door" },
      "POST /api/v1/channels": { kind: "ntfy", name: "phone", config: {} },
      "POST /api/v1/users": { name: "ann", password: "long enough", role: "viewer" },
      "POST /api/v1/session": { name: "admin", password: "right password" },
    };
    const readable = test.api.routes.filter(
      ({ method, answer, media }) =>
        answer !== undefined && media === undefined && method !== "DELETE" && method !== "PUT",
    );
    const answers = await Promise.all(
      readable.map(async (route) => {
        const { method, url } = route;
        const id = url.includes("/devices/") ? "lamp" : "door";
        const given = await test.send("admin", {
          method,
          url: url.replaceAll(":id", id) + (url.endsWith("/messages") ? "?filter=a" : ""),
          ...(route.body !== undefined && { payload: asked[`${method} ${url}`] ?? {} }),
        });
        return { route, given };
      }),
    );
    const done = answers.filter(({ given }) => given.statusCode < 300);
    expect(done.length).toBeGreaterThan(30);
    for (const { route, given } of done) {
      const isRight = ajv.validate({ ...strict(route.answer ?? {}) }, given.json());
      expect(isRight, `${route.method} ${route.url}: ${ajv.errorsText()}`).toBe(true);
    }
    const refused = await test.send("admin", { url: "/api/v1/flows/none" });
    expect(ajv.validate("ProblemDocument", refused.json())).toBe(true);
    expect(ajv.validate("DeviceSummary", deviceOfId("a"))).toBe(true);
  });
});

describe("the documentation page", () => {
  it("names every route and every code, without script or inline style", async () => {
    const { api, send } = createTestApi();
    const { body, headers } = await send(undefined, { url: "/api/docs" });
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    for (const { url } of api.routes)
      expect(body).toContain(`<code>${url.replaceAll(/:([a-z]+)/g, "{$1}")}</code>`);
    for (const code of Object.keys(problemCodes)) expect(body).toContain(`id="${code}"`);
    expect(body).not.toMatch(/<script|<style|style=|\son[a-z]+=/i);
    const style = await send(undefined, { url: "/api/docs.css" });
    expect(style.headers["content-type"]).toContain("text/css");
  });

  it("has a target for each of its links", async () => {
    const { body } = await createTestApi().send(undefined, { url: "/api/docs" });
    const targets = new Set([...body.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));
    const links = new Set([...body.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id));
    expect([...links].filter((id) => !targets.has(id))).toEqual([]);
  });

  it("escapes whatever a description holds", () => {
    const attack = `<img src=x onerror="alert('1')">&`;
    const page = docsPage({
      info: { title: attack, version: attack, description: attack },
      paths: {
        [`/${attack}`]: {
          get: {
            summary: attack,
            description: attack,
            tags: [attack],
            parameters: [{ name: attack, in: attack, description: attack, schema: { enum: [attack] } }],
            responses: { 200: { description: attack, content: { [attack]: { schema: { $ref: attack } } } } },
          },
        },
      },
      components: { schemas: { [attack]: { description: attack } } },
    });
    expect(page).not.toContain("<img");
    expect(page).toContain("&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;&#38;");
  });
});
