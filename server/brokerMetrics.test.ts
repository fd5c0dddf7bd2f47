import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestApi } from "./api/testing/testApi.ts";
import { startTestBroker, type TestBroker } from "./broker/testing/testBroker.ts";
import { brokerMetrics } from "./brokerMetrics.ts";

let hub: TestBroker;
beforeEach(async () => {
  hub = await startTestBroker({ limits: { sendWindow: 1 } });
});
afterEach(() => hub.stop());

test("B41: a scrape shows what the broker did, client by none", async () => {
  hub.rules.set("pump", [{ effect: "allow", action: "both", filter: "pump/#" }]);
  const subscriber = hub.raw({ clientId: "does-not-acknowledge", acknowledges: false });
  await subscriber.subscribe("pump/#", 1);
  const pump = hub.raw({ clientId: "pump", username: "pump" });
  await pump.next("connack");
  const packet = { cmd: "publish", qos: 1, retain: false, dup: false, payload: "x" } as const;
  pump.send(
    { ...packet, topic: "pump/a", messageId: 1 },
    { ...packet, topic: "pump/b", messageId: 2, retain: true },
    { ...packet, topic: "other", messageId: 3 },
    { cmd: "pingreq" },
  );
  await pump.next("pingresp");
  await subscriber.next("publish");
  pump.send({ cmd: "disconnect" });
  await hub.change(({ up }) => !up);

  const api = createTestApi({ parts: { metrics: { families: () => brokerMetrics(hub.broker) } } });
  const scrape = async () => (await api.send("viewer", { url: "/metrics" })).body;
  await scrape();
  const body = await scrape();
  for (const line of [
    "connections 1",
    "accepted_total 2",
    'session_ends_total{cause="disconnect"} 1',
    'session_ends_total{cause="takeover"} 0',
    'sessions{state="online"} 1',
    'packets_received_total{type="publish"} 3',
    'packets_sent_total{type="puback"} 3',
    'bytes_sent_total{type="puback"} 12',
    'received_total{qos="1"} 3',
    'delivered_total{qos="1"} 1',
    "routed_total 2",
    'denied_total{action="publish"} 1',
    "subscriptions 1",
    "retained_messages 1",
    "queued_messages 1",
    "in_flight_messages 1",
    "windows_full 1",
    "write_delay_seconds_count 1",
    "tap_seconds_count 1",
  ])
    expect(body).toContain(`millrace_broker_${line}\n`);
  expect(body).not.toContain("does-not-acknowledge");
});
