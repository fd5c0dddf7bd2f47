import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createHub, type Hub } from "../hub.ts";
import { readSettings } from "../settings.ts";
import { version } from "../version.ts";
import type {
  DeviceCredentials,
  FlowDetail,
  Page,
  PacketTrace,
  RunSummary,
  TopicSummary,
} from "./contract.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { strict } from "./testing/strict.ts";

const PASSWORD = "a long enough password";

let folder: string;
let hub: Hub;
let base: string;
let cookie = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "millrace-api-"));
  hub = createHub({
    settings: readSettings(
      ["--data", folder, "--host", "127.0.0.1", "--http-port", "0", "--mqtt-port", "0"],
      { MILLRACE_ADMIN_PASSWORD: PASSWORD },
    ),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  const { httpPort } = await hub.start();
  base = `http://127.0.0.1:${httpPort}`;
  const login = await ask("POST", "/api/v1/session", { name: "admin", password: PASSWORD });
  cookie = login.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
});

afterAll(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
});

function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(base + path, {
    method,
    headers: {
      cookie,
      "x-millrace": "1",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function json<Answer>(response: Response): Promise<Answer> {
  const answer: Answer = JSON.parse(await response.text());
  return answer;
}

async function connectDevice(name: string, preset: string, clientId: string): Promise<MqttClient> {
  const made = await ask("POST", "/api/v1/devices", { name, preset });
  const { username, password, host, port } = await json<DeviceCredentials>(made);
  return connectAsync({ host, port: port ?? 0, username, password, clientId, reconnectPeriod: 0 });
}

const pressed = {
  millrace: 1,
  id: "pressed",
  name: "Pressed",
  nodes: {
    button: { type: "inject", config: {} },
    tell: { type: "notify", config: { channel: "inbox", title: "Pressed", text: "Somebody pressed." } },
  },
  wires: [{ from: "button", to: "tell" }],
};

describe("the API over a whole hub", () => {
  it("makes, deploys, presses and rolls back a flow, and its answers are what the documentation says", async () => {
    const made = await json<FlowDetail>(await ask("POST", "/api/v1/flows", { document: pressed }));
    const flow = `/api/v1/flows/${made.id}`;
    const stale = await ask("PUT", flow, made.draft, { "if-match": `"${made.revision + 1}"` });
    expect(await json(stale)).toMatchObject({ status: 412, code: "flow.stale", revision: made.revision });
    const saved = await ask(
      "PUT",
      flow,
      { ...made.draft, name: "Again" },
      { "if-match": `"${made.revision}"` },
    );
    expect(saved.headers.get("etag")).toBe(`"${made.revision + 1}"`);
    expect((await ask("POST", `${flow}/deploy`, {})).status).toBe(200);
    expect((await ask("POST", `${flow}/inject`, { node: "button" })).status).toBe(200);
    await expect
      .poll(async () => json(await ask("GET", "/api/v1/notifications")))
      .toMatchObject({ items: [{ title: "Pressed", flow: made.id }], unread: 1 });
    await expect
      .poll(async () => json(await ask("GET", `${flow}/runs`)))
      .toMatchObject({ items: [{ outcome: "ok" }] });
    expect((await ask("POST", "/api/v1/devices", { name: "lamp" })).status).toBe(201);
    expect((await ask("POST", "/api/v1/publish", { topic: "a/b", payload: { x: 1 } })).status).toBe(204);

    const document = await json<OpenApiDocument>(await ask("GET", "/api/v1/openapi.json"));
    const runs = await json<Page<RunSummary>>(await ask("GET", `${flow}/runs`));
    const devices = await json<Page<{ id: string }>>(await ask("GET", "/api/v1/devices"));
    const traced = await json<PacketTrace>(await ask("POST", "/api/v1/traces", { client: "dashboard" }));
    const dashboard = await connectDevice("Dashboard", "monitor", "dashboard");
    await dashboard.subscribeAsync("$SYS/broker/version");
    const ids = {
      flows: made.id,
      runs: runs.items[0]?.id ?? "",
      devices: devices.items[0]?.id ?? "",
      clients: "dashboard",
      traces: traced.id,
    };
    expect(await differences(document, ids)).toEqual({});
    await dashboard.endAsync();
  });

  it("B40: tells a dashboard about the broker under $SYS, and no other device", async () => {
    const dashboard = await connectDevice("Second dashboard", "monitor", "d2");
    const told = new Promise((resolve) => {
      dashboard.once("message", (topic, payload) => resolve([topic, payload.toString()]));
    });
    await dashboard.subscribeAsync("$SYS/broker/version");
    expect(await told).toEqual(["$SYS/broker/version", `millrace version ${version}`]);
    const gateway = await connectDevice("Gateway", "any", "g");
    await expect(gateway.subscribeAsync("$SYS/#")).rejects.toThrow("Unspecified error");
    expect(await json(await ask("GET", "/api/v1/clients/g"))).toMatchObject({
      device: "gateway",
      online: true,
      troubles: [{ what: "subscribe-denied", detail: "$SYS/#" }],
    });
    expect((await ask("POST", "/api/v1/clients/g/disconnect")).status).toBe(204);
    await Promise.all([dashboard.endAsync(), gateway.endAsync()]);
    const topics = await json<Page<TopicSummary>>(await ask("GET", "/api/v1/topics"));
    expect(topics.items.filter(({ topic }) => topic.startsWith("$"))).toEqual([]);
  });

  it("tells strangers that the hub is well, and nothing else", async () => {
    expect(await json(await fetch(`${base}/healthz`))).toEqual({ state: "ok", reasons: [] });
    const refused = await Promise.all(
      ["/metrics", "/api/v1/flows", "/api/v1/devices"].map((path) => fetch(base + path)),
    );
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
  });

  it("counts what the hub did", async () => {
    const text = await (await ask("GET", "/metrics")).text();
    expect(text).toMatch(/^millrace_\w+_total(\{[^}]*\})? [1-9]/m);
    expect(text).toMatch(/^millrace_loop_delay_seconds_count [1-9]/m);
    expect(text).not.toContain("lamp");
  });

  it("takes an API token in place of the session", async () => {
    const { token } = await json<{ token: string }>(
      await ask("POST", "/api/v1/tokens", { name: "reader", scopes: ["flows:read"] }),
    );
    const headers = { authorization: `Bearer ${token}` };
    expect((await fetch(`${base}/api/v1/flows`, { headers })).status).toBe(200);
    expect(await json(await fetch(`${base}/api/v1/devices`, { headers }))).toMatchObject({
      code: "auth.scope",
    });
  });
});

/** Reads everything that can be read, and holds it against the documentation. */
async function differences(
  document: OpenApiDocument,
  ids: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strict: false });
  const schemas = Object.entries(document.components?.schemas ?? {}).map(([name, schema]) => [
    name,
    strict(schema),
  ]);
  const components = { schemas: Object.fromEntries(schemas) };
  const readable = Object.entries(document.paths).filter(
    ([path, { get }]) =>
      get?.responses?.["200"]?.content?.["application/json"] !== undefined && !path.includes("/live"),
  );
  const found = await Promise.all(
    readable.map(async ([path]) => {
      const area = path.split("/")[3] ?? "";
      const query = path.endsWith("/messages") ? "?filter=a/%23" : "";
      const response = await ask("GET", path.replace("{id}", ids[area] ?? "none") + query);
      const schema = document.paths[path]?.["get"]?.responses?.["200"]?.content?.["application/json"]?.schema;
      const isRight = ajv.validate({ components, ...strict(schema ?? {}) }, await json(response));
      return [
        path,
        response.status === 200 && isRight ? "" : `${response.status} ${ajv.errorsText()}`,
      ] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, difference]) => difference !== ""));
}
