import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createTestApi } from "./testing/testApi.ts";

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

function withEditor() {
  const folder = mkdtempSync(join(tmpdir(), "millrace-web-"));
  folders.push(folder);
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>Editor</title>");
  writeFileSync(join(folder, "assets", "index-1a2b.js"), "export {}");
  writeFileSync(join(folder, ".env"), "SECRET=1");
  return { folder, ...createTestApi({ webFolder: folder }) };
}

/** A matcher, typed as what it matches. */
const javaScript: string = expect.stringContaining("javascript");
const page = { accept: "text/html,application/xhtml+xml" };

describe("the editor's files", () => {
  it("may be kept forever where their name holds a hash, and are asked for each time otherwise", async () => {
    const { send } = withEditor();
    const script = await send(undefined, { url: "/assets/index-1a2b.js" });
    expect(script.headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": javaScript,
    });
    const start = await send(undefined, { url: "/", headers: page });
    expect(start.headers["cache-control"]).toBe("no-cache");
    expect(start.headers["content-type"]).toContain("text/html");
  });

  it("open at every address that is a page, before the set-up too", async () => {
    const { send, memory } = withEditor();
    memory.undoSetup();
    const answers = await Promise.all(
      ["/setup?token=abc", "/flows/door", "/devices"].map((url) => send(undefined, { url, headers: page })),
    );
    for (const { statusCode, body, headers } of answers) {
      expect([statusCode, body]).toEqual([200, "<!doctype html><title>Editor</title>"]);
      expect(headers["cache-control"]).toBe("no-cache");
    }
  });

  it("do not hide that something is missing from programs", async () => {
    const { send } = withEditor();
    expect((await send("admin", { url: "/api/v1/nothing", headers: page })).statusCode).toBe(404);
    expect((await send(undefined, { url: "/assets/gone.js" })).json()).toMatchObject({
      code: "route.unknown",
    });
    expect((await send(undefined, { method: "POST", url: "/flows", headers: page })).statusCode).toBe(404);
  });

  it("lie in their folder alone", async () => {
    const { send } = withEditor();
    const urls = [
      "/../package.json",
      "/%2e%2e/package.json",
      "/..%2fpackage.json",
      "/.env",
      "/assets/%00",
      "/assets/..%5c.env",
    ];
    const answers = await Promise.all(urls.map((url) => send(undefined, { url })));
    for (const { statusCode, body } of answers) {
      expect([400, 403, 404]).toContain(statusCode);
      expect(body).not.toContain("SECRET");
    }
  });

  it("may vanish while the hub runs without keeping it busy", async () => {
    const { send, folder } = withEditor();
    rmSync(join(folder, "index.html"));
    expect((await send(undefined, { url: "/flows/door", headers: page })).statusCode).toBe(404);
  });
});

describe("the headers of every answer", () => {
  it("forbid scripts, styles and frames from elsewhere, whatever comes of the request", async () => {
    const { send } = withEditor();
    const requests = [
      { url: "/", headers: page },
      { url: "/api/v1/me" },
      { url: "/api/v1/flows" },
      { url: "/api/v1/nothing" },
      { url: "/%E0%A4%A" },
      {
        method: "POST",
        url: "/api/v1/session",
        payload: "{",
        headers: { "content-type": "application/json" },
      },
      { url: "/api/docs" },
    ] as const;
    const answers = await Promise.all(requests.map((request) => send(undefined, request)));
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        "content-security-policy":
          "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
          "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
      });
      expect(headers).not.toHaveProperty("strict-transport-security");
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
    const kept = answers.map(({ headers }) => headers["cache-control"]);
    expect(kept).toEqual(["no-cache", ...requests.slice(1).map(() => "no-store")]);
  });
});
