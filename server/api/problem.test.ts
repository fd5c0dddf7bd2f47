import { describe, expect, it } from "vitest";
import { refusal } from "./testing/memoryParts.ts";
import { createTestApi } from "./testing/testApi.ts";

describe("problem documents", () => {
  it("list every mistake of a body with its place", async () => {
    const { send } = createTestApi();
    const answer = await send("admin", {
      method: "POST",
      url: "/api/v1/users",
      payload: { name: 7, password: 1, role: "king", extra: true },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    const { problems, ...document } = answer.json<{ problems: { path: string; message: string }[] }>();
    expect(document).toEqual({
      type: "/api/docs#request.invalid",
      title: "Bad Request",
      status: 400,
      code: "request.invalid",
      detail: "The body of the request has 4 mistakes.",
    });
    expect(problems.map(({ path, message }) => `${path}: ${message}`).toSorted()).toEqual([
      '/extra: "extra" of the body is not known here.',
      '/name: "name" of the body must be of type string, not 7.',
      '/password: "password" of the body must be of type string.',
      '/role: "role" of the body must be one of "viewer", "operator", "editor", "admin", not "king".',
    ]);
  });

  it("tell what is wrong with a query, and take plain numbers only", async () => {
    const { send } = createTestApi();
    const codeOf = async (query: string) =>
      (await send("viewer", { url: `/api/v1/flows?${query}` })).statusCode;
    expect(await codeOf("limit=1")).toBe(200);
    expect(await codeOf("limit=500")).toBe(200);
    const wrong = ["limit=501", "limit=0", "limit=1e2", "limit=1&limit=2", "page=2", "cursor=%00"];
    expect(await Promise.all(wrong.map(codeOf))).toEqual(wrong.map(() => 400));
  });

  it("come from the codes that parts refuse with", async () => {
    const { send, memory, errors } = createTestApi();
    const refused = async (error: Error) => {
      memory.failWith(error);
      const answer = await send("viewer", { url: "/api/v1/flows" });
      return { ...answer.json<object>(), retryAfter: answer.headers["retry-after"] };
    };
    expect(await refused(refusal("store.overloaded", "The disk is slow."))).toMatchObject({
      status: 503,
      code: "store.overloaded",
      detail: "The disk is slow.",
      retryAfter: "1",
    });
    expect(await refused(refusal("store.disk-full", "Full."))).toMatchObject({ status: 507 });
    expect(await refused(refusal("widget.unknown", "No widget."))).toMatchObject({
      status: 404,
      code: "widget.unknown",
    });
    const problems = [{ code: "c", severity: "error", path: "/a", message: "m" }];
    expect(await refused(refusal("flow.invalid", "Bad.", { problems }))).toMatchObject({
      status: 422,
      problems,
    });
    expect(errors).toEqual([]);
  });

  it("say nothing of an error that nobody expected, and log it", async () => {
    const { send, memory, errors } = createTestApi();
    const failWith = async (error: Error) => {
      memory.failWith(error);
      const answer = await send("viewer", { url: "/api/v1/flows" });
      expect(answer.json()).toMatchObject({ status: 500, code: "hub.failed" });
      expect(answer.body).not.toContain("secret");
    };
    await failWith(new Error("secret path /etc"));
    await failWith(refusal("ENOENT", "secret path /etc"));
    expect(errors).toHaveLength(2);
  });

  it("tell an unknown address from a wrong method", async () => {
    const { send } = createTestApi();
    expect((await send("admin", { url: "/api/v1/nothing" })).json()).toMatchObject({
      status: 404,
      code: "route.unknown",
    });
    const wrong = await send("admin", { method: "DELETE", url: "/api/v1/flows" });
    expect(wrong.json()).toMatchObject({ status: 405, code: "route.method" });
    expect(wrong.headers["allow"]).toBe("GET, POST");
    expect((await send("admin", { url: "/%E0%A4%A" })).json()).toMatchObject({
      status: 400,
      code: "request.malformed",
    });
    const long = await send("admin", { url: `/api/v1/flows?cursor=${"x".repeat(2_048)}` });
    expect(long.json()).toMatchObject({ status: 414 });
  });
});
