import { describe, expect, it } from "vitest";
import { createTestApi } from "./testing/testApi.ts";

describe("health", () => {
  it("tells strangers the state alone, and its reasons to those who are signed in", async () => {
    const { send } = createTestApi();
    expect((await send(undefined, { url: "/readyz" })).json()).toEqual({ state: "degraded", reasons: [] });
    expect((await send("viewer", { url: "/healthz" })).json()).toMatchObject({
      reasons: ["The disk is nearly full."],
    });
  });

  it("takes a hub that is not all it should be for alive, and not for ready", async () => {
    const { send } = createTestApi();
    expect((await send(undefined, { url: "/healthz" })).statusCode).toBe(200);
    expect((await send(undefined, { url: "/readyz" })).statusCode).toBe(503);
  });
});

describe("metrics", () => {
  it("are read from the counters at each scrape", async () => {
    const { send } = createTestApi();
    const scrapes = [await send("viewer", { url: "/metrics" }), await send("viewer", { url: "/metrics" })];
    for (const { body, headers } of scrapes) {
      expect(headers["content-type"]).toContain("text/plain; version=0.0.4");
      expect(body).toContain('millrace_messages_total{qos="0"} 41\n');
      expect(body).toContain("millrace_live_connections 0\n");
      expect(body).toMatch(/millrace_process_resident_bytes \d+/);
    }
  });

  it("shows values counted into buckets as a histogram, cumulated", async () => {
    const { send } = createTestApi();
    await send("viewer", { url: "/metrics" });
    const { body } = await send("viewer", { url: "/metrics" });
    expect(body).toContain(
      [
        "# HELP millrace_delay_seconds How long it took.",
        "# TYPE millrace_delay_seconds histogram",
        'millrace_delay_seconds_bucket{le="0.001"} 3',
        'millrace_delay_seconds_bucket{le="0.1"} 3',
        'millrace_delay_seconds_bucket{le="+Inf"} 5',
        "millrace_delay_seconds_sum 7.5",
        "millrace_delay_seconds_count 5",
      ].join("\n"),
    );
  });
});
