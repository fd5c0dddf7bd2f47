import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type {
  ChannelSummary,
  ChannelTestAnswer,
  InjectAnswer,
  OutboxItem,
  Page,
} from "../../server/api/contract.ts";
import { tellThrough } from "./flows.ts";
import {
  type ApiClient,
  type HubProcess,
  addChannel,
  deploy,
  eventually,
  metric,
  removeFolder,
  signIn,
  startHub,
} from "./hubProcess.ts";
import {
  type ReceivedMail,
  type ReceivedRequest,
  type Receiver,
  type WebAnswer,
  closedPort,
  openMailReceiver,
  openWebReceiver,
} from "./receivers.ts";

const TITLE = "north is too warm";
const TEXT = "7.9 °C for two minutes";

/** Presses the button of a flow; gives the key of the effect that follows. */
async function press(api: ApiClient, flow: string): Promise<string> {
  const { body } = await api<InjectAnswer>("POST", `/flows/${flow}/inject`, { node: "button" });
  return `${body.run}.tell.0`;
}

const pending = async (api: ApiClient) =>
  (await api<Page<OutboxItem>>("GET", "/outbox?state=pending")).body.items;
const addressesOf = (...receivers: readonly { readonly port: number }[]) =>
  receivers.map(({ port }) => `127.0.0.1:${port}`).join(",");

describe("notifications on their way out", () => {
  let hub: HubProcess;
  let api: ApiClient;
  let web: Receiver<ReceivedRequest>;
  let mail: Receiver<ReceivedMail>;
  /** What the web service answers next; 200 when nothing is left. */
  const answers: WebAnswer[] = [];

  beforeAll(async () => {
    web = await openWebReceiver(() => answers.shift() ?? { status: 200 });
    mail = await openMailReceiver();
    hub = await startHub({ args: ["--allow-loopback", addressesOf(web, mail)] });
    api = await signIn(hub);
    const base = `http://127.0.0.1:${web.port}`;
    await addChannel(api, {
      id: "hook",
      kind: "webhook",
      config: { url: `${base}/hook`, secret: "Bearer s3cret" },
    });
    await addChannel(api, {
      id: "phone",
      kind: "ntfy",
      config: { server: base, topic: "house", token: "t0ken" },
    });
    await addChannel(api, {
      id: "mail",
      kind: "email",
      config: {
        host: "127.0.0.1",
        port: mail.port,
        security: "none",
        from: "hub@example.org",
        to: "a@example.org, b@example.org",
      },
    });
    for (const channel of ["hook", "phone", "mail"]) await deploy(api, tellThrough(channel));
  });
  afterAll(async () => {
    expect(await hub.stop()).toBe(0);
    removeFolder(hub.folder);
    await Promise.all([web.close(), mail.close()]);
  });

  /** The requests that come because of an action. */
  async function requestsOf(act: () => Promise<unknown>, count = 1): Promise<readonly ReceivedRequest[]> {
    const before = web.items.length;
    await act();
    return (await web.atLeast(before + count)).slice(before);
  }

  test("a webhook gets all that is known about the notification, with its secret and its key", async () => {
    const [request] = await requestsOf(() => press(api, "tell-hook"));
    const { id, at, ...rest } = JSON.parse(request?.body ?? "") as Record<string, string>;
    expect(rest).toEqual({
      title: TITLE,
      text: TEXT,
      severity: "major",
      flow: "tell-hook",
      node: "tell",
      run: expect.stringMatching(/\S/) as string,
    });
    expect(new Date(at ?? "").toISOString()).toBe(at);
    expect(request?.headers).toMatchObject({
      "idempotency-key": id,
      authorization: "Bearer s3cret",
      "content-type": "application/json",
    });
  });

  test("ntfy gets title, text and priority", async () => {
    const [request] = await requestsOf(() => press(api, "tell-phone"));
    expect(request).toMatchObject({ method: "POST", path: "/house", body: TEXT });
    expect(request?.headers).toMatchObject({ title: TITLE, priority: "5", authorization: "Bearer t0ken" });
  });

  test("a mail goes to every recipient, with the key of its effect as id", async () => {
    await press(api, "tell-mail");
    const [received] = await mail.atLeast(1);
    expect(received?.recipients).toEqual(["a@example.org", "b@example.org"]);
    expect(received?.head).toContain(`Subject: ${TITLE}`);
    expect(received?.head).toMatch(/^Message-ID: <[\w.-]+@millrace\.invalid>$/m);
    expect(received?.head).toContain("Auto-Submitted: auto-generated");
    expect(received?.text).toContain("for two minutes");
  });

  test("a server in trouble is asked again with the same key, and is sent the notification once", async () => {
    answers.push({ status: 503 }, { status: 500 });
    const retriedBefore = await metric(api, "millrace_outbox_retried_total");
    const requests = await requestsOf(() => press(api, "tell-hook"), 3);
    const [first, ...others] = requests.map(({ headers, body }) => [headers["idempotency-key"], body]);
    expect(others).toEqual([first, first]);
    await eventually(
      () => pending(api),
      (items) => items.length === 0,
    );
    expect(await metric(api, "millrace_outbox_retried_total")).toBe(retriedBefore + 2);
    expect(answers).toEqual([]);
  });

  test("a server that names a time is not asked before it", async () => {
    answers.push({ status: 429, headers: { "retry-after": "2" } });
    const [first, second] = await requestsOf(() => press(api, "tell-hook"), 2);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1_950);
    expect(second?.headers["idempotency-key"]).toBe(first?.headers["idempotency-key"]);
  });

  test("a server that refuses is not asked again, and the channel shows its last error", async () => {
    answers.push({ status: 400 });
    await requestsOf(() => press(api, "tell-hook"));
    const letters = async () => (await api<Page<OutboxItem>>("GET", "/outbox?state=dead")).body.items;
    const [letter] = await eventually(letters, (items) => items.length === 1);
    expect(letter).toMatchObject({ target: "hook", error: "The server answered 400." });
    const { body } = await api<Page<ChannelSummary>>("GET", "/channels");
    expect(body.items.find(({ id }) => id === "hook")).toMatchObject({
      dead: 1,
      lastError: "The server answered 400.",
      config: { secret: { set: true } },
    });
    expect(JSON.stringify(body)).not.toContain("s3cret");
  });

  test("the test button of a channel tells how it went", async () => {
    const asked = () => api<ChannelTestAnswer>("POST", "/channels/hook/test");
    expect((await asked()).body).toEqual({ ok: true });
    answers.push({ status: 403 });
    expect((await asked()).body).toEqual({ ok: false, error: "The server answered 403." });
  });

  test("flows call web services themselves, and go on with the reply", async () => {
    const flow = await deploy(api, {
      millrace: 1,
      id: "asks",
      name: "Asks",
      nodes: {
        button: { type: "inject", config: { payload: { room: "nörth" } } },
        ask: {
          type: "http",
          config: { url: `http://127.0.0.1:${web.port}/rooms/{{payload.room}}`, mode: "ask" },
        },
        tell: { type: "notify", config: { title: "Reply {{payload.status}}" } },
      },
      wires: [
        { from: "button", to: "ask" },
        { from: "ask.reply", to: "tell" },
      ],
    } as { name: string });
    const [request] = await requestsOf(() => press(api, flow));
    expect(request).toMatchObject({ method: "POST", path: "/rooms/n%C3%B6rth", body: '{"room":"nörth"}' });
    const titles = async () =>
      (await api<Page<{ title: string }>>("GET", "/notifications")).body.items.map(({ title }) => title);
    await eventually(titles, (all) => all.includes("Reply 200"));
  });

  test("nothing is left over at the end", async () => {
    expect(await pending(api)).toEqual([]);
    expect(await metric(api, "millrace_outbox_pending")).toBe(0);
  });
});

test("an effect that was committed before the hub was killed leaves after its restart, once for its key", async () => {
  const port = await closedPort();
  const args = ["--allow-loopback", `127.0.0.1:${port}`];
  const first = await startHub({ args });
  onTestFinished(() => removeFolder(first.folder));
  const api = await signIn(first);
  await addChannel(api, { id: "hook", kind: "webhook", config: { url: `http://127.0.0.1:${port}/` } });
  const key = await press(api, await deploy(api, tellThrough("hook")));
  await eventually(
    () => pending(api),
    (items) => items.length === 1,
  );
  expect(await first.stop("SIGKILL")).toBeNull();

  const receiver = await openWebReceiver(undefined, port);
  onTestFinished(receiver.close);
  const second = await startHub({ folder: first.folder, args });
  const again = await signIn(second);
  await receiver.atLeast(1);
  await eventually(
    () => pending(again),
    (items) => items.length === 0,
  );
  expect(await second.stop()).toBe(0);
  expect(receiver.items.map(({ headers }) => headers["idempotency-key"])).toEqual([key]);
});

test("a hub that is killed while a receiver thinks asks it again with the same key", async () => {
  let answer: WebAnswer | undefined;
  const receiver = await openWebReceiver(() => answer);
  onTestFinished(receiver.close);
  const args = ["--allow-loopback", addressesOf(receiver)];
  const first = await startHub({ args });
  onTestFinished(() => removeFolder(first.folder));
  const api = await signIn(first);
  await addChannel(api, {
    id: "hook",
    kind: "webhook",
    config: { url: `http://127.0.0.1:${receiver.port}/` },
  });
  await press(api, await deploy(api, tellThrough("hook")));
  await receiver.atLeast(1);
  await first.stop("SIGKILL");

  answer = { status: 200 };
  const second = await startHub({ folder: first.folder, args });
  const again = await signIn(second);
  const keys = (await receiver.atLeast(2)).map(({ headers }) => headers["idempotency-key"]);
  expect(keys[1]).toBe(keys[0]);
  await eventually(
    () => pending(again),
    (items) => items.length === 0,
  );
  expect(await second.stop()).toBe(0);
  expect(receiver.items).toHaveLength(2);
});
