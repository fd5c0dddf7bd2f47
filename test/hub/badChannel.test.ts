import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type {
  ChannelSummary,
  InjectAnswer,
  OutboxItem,
  Page,
  ProblemDocument,
} from "../../server/api/contract.ts";
import { tellThrough } from "./flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addChannel,
  deploy,
  eventually,
  logLines,
  metric,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";
import { type ReceivedRequest, type Receiver, closedPort, openWebReceiver } from "./receivers.ts";

describe("channels that cannot be reached", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let receiver: Receiver<ReceivedRequest>;
  let forbidden: Receiver<ReceivedRequest>;
  let quietPort: number;
  let goneKey: string;

  beforeAll(async () => {
    receiver = await openWebReceiver();
    forbidden = await openWebReceiver();
    quietPort = await closedPort();
    const allowed = [receiver.port, quietPort].map((port) => `127.0.0.1:${port}`).join(",");
    hub = await startHub({ args: ["--allow-loopback", allowed] });
    api = await signIn(hub);
  });
  afterAll(async () => {
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
    await Promise.all([receiver.close(), forbidden.close()]);
  });

  const items = async (state: OutboxItem["state"], target: string) => {
    const { body } = await api<Page<OutboxItem>>("GET", `/outbox?state=${state}`);
    return body.items.filter((item) => item.target === target);
  };
  const deadLetters = (target: string, count = 1) =>
    eventually(
      () => items("dead", target),
      (found) => found.length === count,
    );
  /** Presses the button of a flow; gives the key of the effect that follows. */
  const press = async (flow: string) => {
    const { body } = await api<InjectAnswer>("POST", `/flows/${flow}/inject`, { node: "button" });
    return `${body.run}.tell.0`;
  };
  const webhook = (id: string, port: number) =>
    addChannel(api, { id, kind: "webhook", config: { url: `http://127.0.0.1:${port}/${id}` } });
  const burialOf = (key: string) => logLines(hub).find(({ effect }) => effect === key);

  test("what goes to a channel that was deleted is a dead letter that names channel, node and flow", async () => {
    await webhook("gone", receiver.port);
    const flow = await deploy(api, tellThrough("gone"));
    expect((await api("DELETE", "/channels/gone")).status).toBe(204);
    goneKey = await press(flow);
    const [letter] = await deadLetters("gone");
    expect(letter).toMatchObject({ kind: "notify", state: "dead", flow: "tell-gone", node: "tell" });
    expect(letter?.error).toBe(
      'The channel "gone" does not exist (any more). The node "tell" of the flow "tell-gone" still sends to it.',
    );
    expect(burialOf(goneKey)).toMatchObject({ reason: "channel-missing", level: 40 });
    expect(receiver.items).toEqual([]);
    expect(await metric(api, "millrace_outbox_dead")).toBe(1);
  });

  test("the dead letter is delivered, once, when the channel is there again and somebody retries it", async () => {
    const [letter] = await deadLetters("gone");
    await webhook("gone", receiver.port);
    expect((await api("POST", `/outbox/${letter?.seq}/retry`)).status).toBe(204);
    const [request] = await receiver.atLeast(1);
    expect(request).toMatchObject({ method: "POST", path: "/gone" });
    expect(request?.headers["idempotency-key"]).toBe(goneKey);
    await deadLetters("gone", 0);
    const again = await api<ProblemDocument>("POST", `/outbox/${letter?.seq}/retry`);
    expect(again).toMatchObject({ status: 404, body: { code: "outbox.unknown" } });
  });

  test("what waits for a closed port is tried again, with the reason in the list", async () => {
    await webhook("quiet", quietPort);
    await press(await deploy(api, tellThrough("quiet")));
    const [item] = await eventually(
      () => items("pending", "quiet"),
      ([found]) => (found?.attempt ?? 0) >= 2,
    );
    expect(item).toMatchObject({ state: "pending", flow: "tell-quiet" });
    expect(item?.error).toMatch(/^127\.0\.0\.1 port \d+ cannot be reached: .*\.$/);
    const { body } = await api<Page<ChannelSummary>>("GET", "/channels");
    const channel = body.items.find(({ id }) => id === "quiet");
    expect(channel).toMatchObject({ pending: 1, dead: 0, lastSentAt: null, lastError: item?.error });
  });

  test("it arrives by itself, once somebody listens there", async () => {
    const late = await openWebReceiver(undefined, quietPort);
    try {
      const requests = await late.atLeast(1);
      await eventually(
        () => items("pending", "quiet"),
        (found) => found.length === 0,
      );
      expect(requests).toHaveLength(1);
    } finally {
      await late.close();
    }
  });

  test("an address that flows may not call is never called: a dead letter says why", async () => {
    await webhook("inner", forbidden.port);
    const key = await press(await deploy(api, tellThrough("inner")));
    const [letter] = await deadLetters("inner");
    expect(letter?.error).toBe(
      `Calling 127.0.0.1 port ${forbidden.port} is not allowed: it is this computer; only the settings file can list it.`,
    );
    expect(burialOf(key)).toMatchObject({ reason: "policy" });
    expect(letter?.attempt).toBe(0);
    expect(forbidden.items).toEqual([]);
  });

  test("a dead letter that is discarded is gone", async () => {
    const [letter] = await deadLetters("inner");
    expect((await api("POST", `/outbox/${letter?.seq}/discard`)).status).toBe(204);
    await deadLetters("inner", 0);
    expect((await api("POST", `/outbox/${letter?.seq}/discard`)).status).toBe(404);
  });

  test("settings that make no channel are refused with all their problems", async () => {
    const config = { url: "ftp://example.org", headers: "no header", colour: "red" };
    const answer = await api<ProblemDocument>("POST", "/channels", { kind: "webhook", name: "Bad", config });
    expect(answer).toMatchObject({ status: 422, body: { code: "channel.invalid" } });
    const places = answer.body.problems?.map(({ path }) => path);
    expect(places).toEqual(expect.arrayContaining(["/config/url", "/config/headers", "/config/colour"]));
    const kind = await api<ProblemDocument>("POST", "/channels", { kind: "pigeon", name: "Bad", config: {} });
    expect(kind).toMatchObject({ status: 422, body: { code: "channel.invalid" } });
  });
});
