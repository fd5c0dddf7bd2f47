import { describe, expect, test } from "vitest";
import type { Broker } from "./broker/broker.ts";
import { createConnect } from "./outbox/connect.ts";
import type { OutboxRow } from "./outbox/outboxStore.ts";
import { createPerformers } from "./performers.ts";

const signal = new AbortController().signal;

describe("a publish of a flow", () => {
  test("is delivered once the broker has it on disk", async () => {
    let isOnDisk = () => {};
    const performed = performing(() => new Promise((resolve) => (isOnDisk = resolve)));
    let outcome: unknown;
    void performed.then((result) => (outcome = result));
    await new Promise((resolve) => setImmediate(resolve));
    expect(outcome).toBeUndefined();
    isOnDisk();
    expect(await performed).toEqual({ outcome: "delivered" });
  });

  test("is refused for good when the broker does not take it", async () => {
    const performed = performing(() => {
      throw new Error("The topic cannot be published to.");
    });
    expect(await performed).toMatchObject({ outcome: "refused", error: "The topic cannot be published to." });
  });

  test("is tried again when the broker could not keep it", async () => {
    const performed = performing(() => Promise.reject(new Error("The disk is busy.")));
    await expect(performed).rejects.toThrow("The disk is busy.");
  });
});

async function performing(publish: Broker["publish"]): Promise<unknown> {
  const { publish: perform } = createPerformers({
    broker: { publish },
    channels: { deliver: () => Promise.resolve({ outcome: "delivered" }) },
    connect: createConnect({ rules: () => ({ allow: [], allowLoopback: [] }), now: () => 0 }),
    now: () => 0,
  });
  const origin = { flow: "f", node: "n", run: "r", cause: "c", hops: 1 };
  const row: OutboxRow = {
    seq: 1,
    id: "r.n.0",
    kind: "publish",
    target: "broker",
    orderKey: null,
    body: { topic: "t", payload: "1", qos: 1, retain: false, origin },
    flow: "f",
    node: "n",
    run: "r",
    createdAt: 0,
    attempt: 0,
    nextAt: 0,
    leaseUntil: null,
    error: null,
  };
  return perform(row, signal);
}
