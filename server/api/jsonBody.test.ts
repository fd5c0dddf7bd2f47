import { describe, expect, it } from "vitest";
import { createTestApi } from "./testing/testApi.ts";

const json = { "content-type": "application/json" };

const publish = (payload: string | Buffer, headers: Record<string, string> = json) =>
  createTestApi().send("operator", { method: "POST", url: "/api/v1/publish", payload, headers });

async function codeOf(...given: Parameters<typeof publish>): Promise<string> {
  return (await publish(...given)).json<{ code: string }>().code;
}

const nested = (levels: number) =>
  `{"topic":"a","payload":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

function sized(bytes: number): string {
  const empty = JSON.stringify({ topic: "a", payload: "" });
  return JSON.stringify({ topic: "a", payload: "x".repeat(bytes - empty.length) });
}

describe("bodies", () => {
  it("must be JSON, and nothing else", async () => {
    expect(await codeOf('{"topic":', json)).toBe("body.malformed");
    expect(await codeOf("topic=a", { "content-type": "application/x-www-form-urlencoded" })).toBe(
      "body.not-json",
    );
    expect(await codeOf('{"topic":"a","payload":1}', { "content-type": "text/plain" })).toBe("body.not-json");
    expect(await codeOf(Buffer.from([0x7b, 0xff, 0x7d]))).toBe("body.malformed");
    expect(await codeOf("")).toBe("request.invalid");
  });

  it("may be nested 32 levels deep, and no deeper", async () => {
    expect((await publish(nested(32))).statusCode).toBe(204);
    expect(await codeOf(nested(33))).toBe("body.too-deep");
    expect(
      (await publish(`{"topic":"a","payload":${JSON.stringify("[".repeat(99) + '\\"')}}`)).statusCode,
    ).toBe(204);
    expect(await codeOf("[".repeat(100_000))).toBe("body.too-deep");
  });

  it("may have 1 MiB, and no byte more", async () => {
    expect((await publish(sized(1024 * 1024))).statusCode).toBe(204);
    expect(await codeOf(sized(1024 * 1024 + 1))).toBe("body.too-large");
  });

  it("must not reach for prototypes", async () => {
    expect(await codeOf('{"topic":"a","payload":{"__proto__":{"admin":true}}}')).toBe("body.unsafe-key");
    expect(await codeOf('{"topic":"a","payload":{"\\u005f_proto__":1}}')).toBe("body.unsafe-key");
    expect(await codeOf('{"topic":"a","payload":{"constructor":{"prototype":{}}}}')).toBe("body.unsafe-key");
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});
