import { describe, expect, it } from "vitest";
import { flowOfId } from "./testing/memoryParts.ts";
import { createTestApi } from "./testing/testApi.ts";

describe("flows", () => {
  const { draft } = flowOfId("door");

  function withFlow() {
    const test = createTestApi();
    test.memory.flows.set("door", flowOfId("door", 7));
    const put = (headers: Record<string, string>, document: object = draft) =>
      test.send("editor", { method: "PUT", url: "/api/v1/flows/door", payload: document, headers });
    return { ...test, put };
  }

  it("carry their revision as entity tag", async () => {
    const { send, put } = withFlow();
    expect((await send("viewer", { url: "/api/v1/flows/door" })).headers["etag"]).toBe('"7"');
    const saved = await put({ "if-match": '"7"' });
    expect(saved.headers["etag"]).toBe('"8"');
    expect(saved.json()).toMatchObject({ revision: 8 });
    const made = await send("editor", { method: "POST", url: "/api/v1/flows", payload: { name: "B" } });
    expect(made.headers).toMatchObject({ etag: '"1"', location: "/api/v1/flows/b" });
  });

  it("are not overwritten by a writer who has not read what is stored", async () => {
    const { put, memory } = withFlow();
    expect((await put({})).json()).toMatchObject({ status: 428, code: "request.if-match-missing" });
    const stale = await put({ "if-match": '"6"' });
    expect(stale.json()).toMatchObject({ status: 412, code: "flow.stale", revision: 7 });
    expect(stale.headers["etag"]).toBe('"7"');
    expect((await put({ "if-match": "seven" })).statusCode).toBe(400);
    expect(memory.flows.get("door")?.revision).toBe(7);
    expect((await put({ "if-match": "*" })).statusCode).toBe(200);
  });

  it("keep their id, and are not there under another", async () => {
    const { put, send } = withFlow();
    const other = await put({ "if-match": "7" }, { ...draft, id: "window" });
    expect(other.json()).toMatchObject({ status: 400, problems: [{ path: "/id" }] });
    const verbs = { deploy: {}, enable: {}, disable: {}, rollback: { version: 1 }, inject: { node: "a" } };
    const answers = await Promise.all(
      Object.entries(verbs).map(([verb, payload]) =>
        send("admin", { method: "POST", url: `/api/v1/flows/none/${verb}`, payload }),
      ),
    );
    expect(answers.map((answer) => answer.json<{ code: string }>().code)).toEqual(
      answers.map(() => "flow.unknown"),
    );
  });

  it("refuse to be deployed or removed on a stale revision", async () => {
    const { send } = withFlow();
    const stale = { "if-match": '"3"' };
    const deploy = await send("editor", { method: "POST", url: "/api/v1/flows/door/deploy", headers: stale });
    expect(deploy.statusCode).toBe(412);
    expect(
      (await send("editor", { method: "DELETE", url: "/api/v1/flows/door", headers: stale })).statusCode,
    ).toBe(412);
    expect((await send("editor", { method: "DELETE", url: "/api/v1/flows/door" })).statusCode).toBe(204);
  });

  it("are exported as a file", async () => {
    const { send } = withFlow();
    const file = await send("viewer", { url: "/api/v1/flows/door/export" });
    expect(file.headers["content-disposition"]).toBe('attachment; filename="door.json"');
    expect(file.json()).toEqual(draft);
  });

  it("are checked and tested as documents, whatever they hold", async () => {
    const { send } = withFlow();
    const check = await send("viewer", {
      method: "POST",
      url: "/api/v1/flows/check",
      payload: { millrace: 1, id: "a", name: "A", nodes: { x: { type: "no-such" } }, wires: [] },
    });
    expect(check.statusCode).toBe(200);
    expect(check.json<{ problems: unknown[] }>().problems).toContainEqual(
      expect.objectContaining({ code: "node.unknown-type", node: "x", path: "/nodes/x/type" }),
    );
    const test = await send("viewer", { method: "POST", url: "/api/v1/flows/test", payload: {} });
    expect(test.json<{ items: unknown[]; problems: unknown[] }>()).toMatchObject({ items: [] });
    expect(test.json<{ problems: unknown[] }>().problems.length).toBeGreaterThan(3);
    expect(
      (await send("viewer", { method: "POST", url: "/api/v1/flows/check", payload: [] })).statusCode,
    ).toBe(400);
  });
});
