import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FlowSummary, Page, TopicSummary } from "../../server/api/contract.ts";
import { oddReadings, republish, tooWarm } from "./flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addDevice,
  connectAs,
  deploy,
  nextMessage,
  removeFolder,
  runOf,
  signIn,
  startHub,
} from "./hubProcess.ts";

const HOPS_MAX = 16;

describe("payloads that no flow wants", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let sensor: MqttClient;
  let display: MqttClient;

  beforeAll(async () => {
    hub = await startHub();
    api = await signIn(hub);
    sensor = await connectAs(await addDevice(api, "Sensor"), hub);
    display = await connectAs(await addDevice(api, "Display"), hub);
    await display.subscribeAsync(["seen/#", "broken/#", "copy"], { qos: 0 });
    await deploy(api, oddReadings());
    await deploy(api, republish("odd/+", "copy"));
    await deploy(api, tooWarm());
  });
  afterAll(async () => {
    await Promise.all([sensor, display].map((client) => client.endAsync(true)));
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
  });

  /** Publishes, and gives the trace of the run that it caused. */
  async function runAfter(topic: string, payload: string | Buffer, flow = "odd-readings") {
    await sensor.publishAsync(topic, payload, { qos: 1 });
    return runOf(api, flow, ({ trigger }) => trigger === topic);
  }

  test("malformed JSON leaves at the error port, with its code and a sentence in the trace", async () => {
    const broken = nextMessage(display, "broken/cut-off");
    const run = await runAfter("odd/cut-off", '{"celsius": 7.');
    expect(await broken).toBe("payload.not-decodable");
    expect(run.trace[0]).toMatchObject({ node: "in", out: [{ port: "error", payload: '{"celsius": 7.' }] });
    expect(run.trace[0]?.why).toMatch(/^The payload .*JSON.*\.$/);
    expect(run.trace[1]).toMatchObject({ node: "broken", effects: [{ effect: "publish" }] });
  });

  test("malformed JSON fails the run where no wire leaves the error port, and the flow counts it", async () => {
    const before = (await api<FlowSummary>("GET", "/flows/too-warm")).body.status.errors;
    const run = await runAfter("coldstore/north/temperature", '{"celsius": 7.', "too-warm");
    expect(run).toMatchObject({ outcome: "failed", effects: 0 });
    expect(run.error).toMatch(/JSON/);
    const { status } = (await api<FlowSummary>("GET", "/flows/too-warm")).body;
    expect(status).toMatchObject({ state: "running", errors: before + 1 });
  });

  test.each([
    ["text", "hello", /celsius/],
    ["other-fields", '{"humidity": 40}', /celsius/],
    ["nan", "nan", /celsius/],
    ["unavailable", "unavailable", /celsius/],
    ["null-reading", '{"celsius": null}', /celsius/],
    ["empty", "", /celsius/],
    ["bytes", Buffer.from([0xff, 0xfe, 0x00, 0x81]), /celsius/],
  ])(
    "a reading that is missing (%s) is neither above nor below: the trace says so",
    async (kind, payload, why) => {
      const { outcome, trace, effects } = await runAfter(`odd/${kind}`, payload);
      expect({ outcome, effects }).toEqual({ outcome: "ok", effects: 0 });
      expect(trace.map(({ node }) => node)).toEqual(["in", "warm"]);
      expect(trace[1]).toMatchObject({ out: [], why: expect.stringMatching(/^Dropped: /) as string });
      expect(trace[1]?.why).toMatch(why);
    },
  );

  test("bytes that are no text show their size and not their garble", async () => {
    const run = await runAfter("odd/picture", Buffer.from([0xff, 0xd8, 0xff]));
    expect(run.trace[0]?.out[0]?.payload).toMatchObject({ binary: true, size: 3 });
  });

  test("a threshold names the value that is no number, and does not act", async () => {
    const run = await runAfter("coldstore/south/temperature", '{"celsius": "warm"}', "too-warm");
    expect(run.trace.map(({ node }) => node)).toEqual(["sensors", "limit"]);
    expect(run.trace[1]).toMatchObject({ out: [], why: expect.stringContaining('"warm"') as string });
  });

  test("keys that reach for a prototype are dropped, and the rest of the payload is read", async () => {
    const seen = nextMessage(display, "seen/prototype");
    await runAfter("odd/prototype", '{"celsius": 8, "__proto__": {"celsius": 1}}');
    expect(JSON.parse(await seen)).toEqual({ celsius: 8 });
  });

  test("a topic that no flow expects starts no run, and is listed all the same", async () => {
    const runs = async () => {
      const flows = await api<Page<FlowSummary>>("GET", "/flows");
      return flows.body.items.map(({ status }) => status.runs);
    };
    const before = await runs();
    await sensor.publishAsync("nobody/expects/this", "{broken", { qos: 1 });
    expect(await runs()).toEqual(before);
    const { items } = (await api<Page<TopicSummary>>("GET", "/topics?search=nobody")).body;
    expect(items).toMatchObject([{ topic: "nobody/expects/this", count: 1, preview: "{broken" }]);
  });

  test("none of it disturbs what comes behind it, in this flow and in the one beside", async () => {
    const [copied, seen] = [nextMessage(display, "copy"), nextMessage(display, "seen/good")];
    sensor.publish("odd/cut-off", '{"celsius": 7.', { qos: 1 });
    await sensor.publishAsync("odd/good", '{"celsius": 9}', { qos: 1 });
    expect([await copied, await seen]).toEqual(['{"celsius":9}', '{"celsius":9}']);
  });

  test("a flow that publishes to itself is stopped after so many hops, and its last run says why", async () => {
    const id = await deploy(api, { ...republish("loop", "loop"), name: "Loop" });
    await sensor.publishAsync("loop", "1", { qos: 1 });
    const last = await runOf(api, id, ({ outcome }) => outcome !== "ok");
    expect(last).toMatchObject({ outcome: "stopped", effects: 0 });
    expect(last.trace.at(-1)?.error).toMatchObject({ code: "limit.hops" });
    const { status } = (await api<FlowSummary>("GET", `/flows/${id}`)).body;
    expect(status).toMatchObject({ state: "running", runs: HOPS_MAX + 1, errors: 1 });
  });

  test("the log holds no defect afterwards", () => {
    expect(hub.log()).not.toMatch(/"level":(50|60)/);
  });
});
