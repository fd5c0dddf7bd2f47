import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type {
  FlowDetail,
  NewTokenAnswer,
  NewTokenRequest,
  ProblemDocument,
} from "../../server/api/contract.ts";
import { oddReadings, tooWarm } from "./flows.ts";
import {
  type ApiClient,
  type HubProcess,
  ADMIN_PASSWORD,
  anonymous,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";

const SENTENCE = /^[A-Z"].*[.]$/;
const MEBIBYTE = 1024 * 1024;

describe("requests that the hub refuses", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let stranger: ApiClient;

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
    stranger = anonymous(hub.url);
  });
  afterAll(async () => {
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
  });

  /** A refusal is a problem document with a stable code and a sentence. */
  async function refusal(answer: ReturnType<ApiClient>) {
    const { status, headers, body } = await answer;
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
    const problem = body as ProblemDocument;
    expect(problem.detail).toMatch(SENTENCE);
    expect(problem.status).toBe(status);
    return problem;
  }

  async function tokenWith(...scopes: string[]): Promise<ApiClient> {
    const request: NewTokenRequest = { name: scopes.join(" "), scopes };
    const { body } = await api<NewTokenAnswer>("POST", "/tokens", request);
    const bearer = { authorization: `Bearer ${body.token}` };
    return (method, path, sent, headers) => stranger(method, path, sent, { ...bearer, ...headers });
  }

  test("nobody gets in without a session or a token, and a wrong one is named as such", async () => {
    expect(await refusal(stranger("GET", "/flows"))).toMatchObject({ status: 401, code: "auth.required" });
    const wrong = stranger("GET", "/flows", undefined, { authorization: "Bearer mr_wrong_wrong" });
    expect(await refusal(wrong)).toMatchObject({ status: 401, code: "auth.token-wrong" });
    const cookie = anonymous(hub.url, "millrace=made-up")("GET", "/flows");
    expect(await refusal(cookie)).toMatchObject({ status: 401, code: "auth.required" });
    const login = stranger("POST", "/session", { name: "admin", password: `${ADMIN_PASSWORD}!` });
    expect(await refusal(login)).toMatchObject({ status: 401, code: "auth.wrong" });
  });

  test("a token does what its scopes say, and nothing else", async () => {
    const reader = await tokenWith("flows:read");
    expect((await reader("GET", "/flows")).status).toBe(200);
    const writes = reader("POST", "/flows", { name: "Mine" });
    expect(await refusal(writes)).toMatchObject({ status: 403, code: "auth.scope" });
    expect(await refusal(reader("GET", "/devices"))).toMatchObject({ status: 403, code: "auth.scope" });
    const more = reader("POST", "/tokens", { name: "more", scopes: ["flows:write"] });
    expect(await refusal(more)).toMatchObject({ status: 403, code: "auth.scope" });
  });

  test("a token that was revoked is refused at once", async () => {
    const { body } = await api<NewTokenAnswer>("POST", "/tokens", { name: "short", scopes: ["flows:read"] });
    const ask = () => stranger("GET", "/flows", undefined, { authorization: `Bearer ${body.token}` });
    expect((await ask()).status).toBe(200);
    expect((await api("DELETE", `/tokens/${body.id}`)).status).toBe(204);
    expect(await refusal(ask())).toMatchObject({ status: 401, code: "auth.token-wrong" });
  });

  test("a change by cookie needs the header that other sites cannot send", async () => {
    const bare = api("POST", "/flows", { name: "Forged" }, { "x-millrace": "" });
    expect(await refusal(bare)).toMatchObject({ status: 403, code: "request.header-missing" });
    const foreign = api("POST", "/flows", { name: "Forged" }, { origin: "https://evil.example" });
    expect(await refusal(foreign)).toMatchObject({ status: 403, code: "request.origin" });
    const login = stranger(
      "POST",
      "/session",
      { name: "admin", password: ADMIN_PASSWORD },
      { origin: "https://evil.example" },
    );
    expect(await refusal(login)).toMatchObject({ status: 403, code: "request.origin" });
    expect((await api<{ items: unknown[] }>("GET", "/flows")).body.items).toEqual([]);
  });

  test.each([
    ["is cut off", '{"name": "x', 400, "body.malformed"],
    ["is nested too deeply", `{"name":${"[".repeat(40)}${"]".repeat(40)}}`, 400, "body.too-deep"],
    ["reaches for the prototype", '{"name":"x","__proto__":{"role":"admin"}}', 400, "body.unsafe-key"],
    ["has a field nobody knows", '{"nmae":"x"}', 400, "request.invalid"],
    ["is larger than a mebibyte", JSON.stringify({ name: "x".repeat(MEBIBYTE) }), 413, "body.too-large"],
  ])("a body that %s is refused", async (_what, body, status, code) => {
    expect(await refusal(api("POST", "/flows", body))).toMatchObject({ status, code });
    expect((await api("GET", "/flows")).status).toBe(200);
  });

  test("a body that is no JSON by its type is refused", async () => {
    const form = api("POST", "/flows", "name=x", { "content-type": "application/x-www-form-urlencoded" });
    expect(await refusal(form)).toMatchObject({ status: 415, code: "body.not-json" });
  });

  test("all mistakes of a body are told at once, each with its place", async () => {
    const { status, problems } = await refusal(api("POST", "/devices", { id: "", area: 7, colour: "red" }));
    expect(status).toBe(400);
    expect(problems?.map(({ path }) => path).toSorted()).toEqual(["/area", "/colour", "/id", "/name"]);
    for (const { message } of problems ?? []) expect(message).toMatch(SENTENCE);
  });

  test("an address that does not exist is told from a wrong method", async () => {
    expect(await refusal(api("GET", "/nothing"))).toMatchObject({ status: 404, code: "route.unknown" });
    expect(await refusal(api("PUT", "/flows"))).toMatchObject({ status: 405, code: "route.method" });
    expect(await refusal(api("GET", "/flows/none"))).toMatchObject({ status: 404, code: "flow.unknown" });
    expect(await refusal(api("GET", "/runs/none"))).toMatchObject({ status: 404, code: "run.unknown" });
  });

  test("a writer who has not read what is stored now changes nothing", async () => {
    const { body: flow } = await api<FlowDetail>("POST", "/flows", { document: oddReadings() });
    const path = `/flows/${flow.id}`;
    const put = (name: string, headers = {}) => api("PUT", path, { ...flow.draft, name }, headers);
    expect(await refusal(put("A"))).toMatchObject({ status: 428, code: "request.if-match-missing" });
    const first = await put("B", { "if-match": `"${flow.revision}"` });
    expect(first.status).toBe(200);
    expect(first.headers.get("etag")).toBe(`"${flow.revision + 1}"`);
    const late = await refusal(put("C", { "if-match": `"${flow.revision}"` }));
    expect(late).toMatchObject({ status: 412, code: "flow.stale", revision: flow.revision + 1 });
    const deployed = api("POST", `${path}/deploy`, {}, { "if-match": `"${flow.revision}"` });
    expect(await refusal(deployed)).toMatchObject({ status: 412, code: "flow.stale" });
    const removed = api("DELETE", path, undefined, { "if-match": `"${flow.revision}"` });
    expect(await refusal(removed)).toMatchObject({ status: 412, code: "flow.stale" });
    expect((await api<FlowDetail>("GET", path)).body).toMatchObject({ name: "B", deployedVersion: null });
  });

  test("a document that is no flow is refused on save, with every problem and its place", async () => {
    const document = {
      ...tooWarm(),
      colour: "red",
      wires: [{ from: "sensors" }],
      nodes: { "Not A Slug": {} },
    };
    const { status, code, problems = [] } = await refusal(api("POST", "/flows", { document }));
    expect({ status, code }).toEqual({ status: 422, code: "flow.invalid" });
    expect(problems.map(({ path }) => path)).toEqual([
      "/colour",
      "/nodes/Not A Slug",
      "/nodes/Not A Slug/type",
      "/wires/0/to",
    ]);
    for (const problem of problems) {
      expect(problem).toMatchObject({ code: "document.shape", severity: "error" });
      expect(problem.message).toMatch(SENTENCE);
    }
  });

  test("a draft may hold mistakes of meaning; deploying it tells them all and changes nothing", async () => {
    const right = tooWarm();
    const { body: flow } = await api<FlowDetail>("POST", "/flows", { document: right });
    const path = `/flows/${flow.id}`;
    expect((await api("POST", `${path}/deploy`)).status).toBe(200);
    const wrong = {
      ...right,
      nodes: {
        ...right.nodes,
        limit: { type: "treshold", config: {} },
        lamp: { type: "publish", config: { topic: "lamp/+/set" } },
        tell: { type: "notify", config: { title: "{{", colour: "red" } },
      },
      wires: [...right.wires, { from: "sensors", to: "nowhere" }, { from: "sensors.smoke", to: "tell" }],
    };
    const saved = await api<FlowDetail>("PUT", path, wrong, { "if-match": `"${flow.revision}"` });
    expect(saved.status).toBe(200);
    const { status, code, problems = [] } = await refusal(api("POST", `${path}/deploy`));
    expect({ status, code }).toEqual({ status: 422, code: "flow.invalid" });
    const places = problems.filter(({ severity }) => severity === "error").map(({ path: place }) => place);
    expect(new Set(places)).toEqual(
      new Set([
        "/nodes/limit/type",
        "/nodes/lamp/config/topic",
        "/nodes/tell/config/title",
        "/nodes/tell/config/colour",
        "/wires/3/to",
        "/wires/4/from",
      ]),
    );
    expect(saved.body.problems).toEqual(problems);
    const { body: now } = await api<FlowDetail>("GET", path);
    expect(now).toMatchObject({ deployedVersion: 1, changed: true, status: { state: "running" } });
    expect(now.deployed).toEqual(flow.draft);
  });

  test("a live connection is for those who are signed in, and for pages of this hub alone", async () => {
    const url = `${hub.url.replace("http", "ws")}/api/v1/live`;
    const refused = async (headers: Record<string, string>) => {
      const [error] = (await once(new WebSocket(url, { headers }), "error")) as [Error];
      return error.message;
    };
    expect(await refused({})).toContain("401");
    expect(await refused({ cookie: "millrace=made-up" })).toContain("401");
    const { headers } = await stranger("POST", "/session", { name: "admin", password: ADMIN_PASSWORD });
    const cookie = (headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    expect(await refused({ cookie, origin: "https://evil.example" })).toContain("403");
    const open = new WebSocket(url, { headers: { cookie, origin: hub.url } });
    const [hello] = (await once(open, "message")) as [Buffer];
    expect(hello.toString()).toContain('"hello"');
    open.terminate();
  });

  test("whoever asks too fast is told to wait, and nobody else waits with them", async () => {
    const hasty = await tokenWith("flows:read");
    const answers = await Promise.all(Array.from({ length: 400 }, () => hasty("GET", "/flows")));
    const late = answers.filter(({ status }) => status !== 200);
    expect(late.length).toBeGreaterThan(0);
    expect(late[0]).toMatchObject({ status: 429, body: { code: "request.too-fast" } });
    expect(Number(late[0]?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await api("GET", "/flows")).status).toBe(200);
  });

  test("whoever guesses passwords is slowed down, whatever the name; sessions go on", async () => {
    const guess = (name: string) => stranger("POST", "/session", { name, password: "a wrong password" });
    let last = await guess("admin");
    for (let guesses = 1; guesses < 12 && last.status === 401; guesses++) last = await guess("admin");
    expect(last).toMatchObject({ status: 429, body: { code: "auth.throttled" } });
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await guess("somebody-else")).status).toBe(429);
    expect((await api("GET", "/flows")).status).toBe(200);
  });

  test("the log holds no defect afterwards", () => {
    expect(hub.log()).not.toMatch(/"level":(50|60)/);
  });
});
