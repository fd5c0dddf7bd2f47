import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket, type RawData } from "ws";
import type { LiveEvent, LiveRequest, TopicMessage } from "./contract.ts";
import { apiLimits, type LiveLimits } from "./limits.ts";
import { deviceOfId, whoOf } from "./testing/memoryParts.ts";
import { createTestApi } from "./testing/testApi.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

async function startApi(live: Partial<LiveLimits> = {}) {
  const test = createTestApi({
    settings: { limits: { ...apiLimits, stopMs: 200, live: { ...apiLimits.live, frameMs: 5, ...live } } },
  });
  const { port } = await test.api.start();
  stops.push(() => test.api.stop());
  // Frames are spaced by the hub's clock; here time simply passes.
  const ticking = setInterval(() => (test.clock.now += 5), 5);
  stops.push(async () => clearInterval(ticking));
  return { ...test, url: `ws://127.0.0.1:${port}/api/v1/live`, port };
}

type EventOf<Type extends LiveEvent["type"]> = Extract<LiveEvent, { readonly type: Type }>;

const isOf =
  <Type extends LiveEvent["type"]>(type: Type) =>
  (event: LiveEvent): event is EventOf<Type> =>
    event.type === type;

const textOf = (data: RawData) => (Buffer.isBuffer(data) ? data.toString() : "");

/** An editor that has connected, its events in order. */
async function connect(url: string, headers: Record<string, string> = { cookie: "millrace=viewer" }) {
  const socket = new WebSocket(url, { headers });
  stops.push(async () => socket.terminate());
  const events: LiveEvent[] = [];
  socket.on("message", (data) => {
    const event: LiveEvent = JSON.parse(textOf(data));
    events.push(event);
  });
  await once(socket, "open");
  /** The next event of a type; what came before it stays in `events`. */
  const until = async <Type extends LiveEvent["type"]>(type: Type): Promise<EventOf<Type>> => {
    const found = events.find(isOf(type));
    if (found !== undefined) {
      events.splice(events.indexOf(found), 1);
      return found;
    }
    await once(socket, "message");
    return until(type);
  };
  const say = (request: LiveRequest) => socket.send(JSON.stringify(request));
  /** Comes back once the hub has obeyed what was said before. */
  const settled = async () => {
    say({ type: "ping" });
    await until("pong");
  };
  return { socket, events, until, say, settled };
}

/** How a connection was closed. */
function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => {
    socket.once("close", resolve);
  });
}

/** The answer to an upgrade that is refused. */
async function refusal(url: string, headers: Record<string, string>) {
  const socket = new WebSocket(url, { headers });
  socket.on("error", () => {});
  const response = await new Promise<IncomingMessage>((resolve) => {
    socket.once("unexpected-response", (_, answer) => resolve(answer));
  });
  const { code }: { code?: string } = JSON.parse(await text(response));
  socket.terminate();
  return { status: response.statusCode, code };
}

const value = (payload: unknown, port = "out") => ({ node: "n", port, at: 1, payload });

const messageOf = (topic: string, payload: unknown = 1): TopicMessage => ({
  topic,
  at: 1,
  qos: 0,
  retain: false,
  size: 1,
  payload,
});

describe("the live connection", () => {
  it("greets with the version, the boot and the health, and answers pings", async () => {
    const { url } = await startApi();
    const editor = await connect(url);
    expect(await editor.until("hello")).toEqual({ type: "hello", version: "0.0.0", bootId: "boot-1" });
    expect(await editor.until("health")).toMatchObject({ health: { state: "degraded" } });
    await editor.settled();
  });

  it("is refused without session, from another site, and before the set-up", async () => {
    const { url, memory } = await startApi();
    expect(await refusal(url, {})).toMatchObject({ status: 401, code: "auth.required" });
    expect(await refusal(url, { cookie: "millrace=viewer", origin: "http://evil.example" })).toMatchObject({
      status: 403,
      code: "request.origin",
    });
    memory.tokens.set("mr_runs", whoOf("viewer", ["runs:read"]));
    expect(await refusal(url, { authorization: "Bearer mr_runs" })).toMatchObject({ code: "auth.scope" });
    memory.undoSetup();
    expect(await refusal(url, { cookie: "millrace=viewer" })).toMatchObject({
      status: 503,
      code: "hub.not-set-up",
    });
  });

  it("accepts the page of its own host, and programs with a token", async () => {
    const { url, memory, port } = await startApi();
    await connect(url, { cookie: "millrace=viewer", origin: `http://127.0.0.1:${port}` });
    memory.tokens.set("mr_flows", whoOf("viewer", ["flows:read"]));
    const program = await connect(url, { authorization: "Bearer mr_flows" });
    program.say({ type: "watch-topics", filter: "#" });
    expect(await program.until("refused")).toMatchObject({ request: "watch-topics" });
  });

  it("sends the latest value of each port with the count of those in between", async () => {
    const { url, memory } = await startApi({ frameMs: 20 });
    const editor = await connect(url);
    editor.say({ type: "watch-flow", flow: "door" });
    await editor.settled();
    memory.emitValue(value(0));
    await editor.until("values");
    for (let payload = 1; payload <= 50; payload++) memory.emitValue(value(payload));
    memory.emitValue(value({ state: "on" }, "other"));
    expect(await editor.until("values")).toEqual({
      type: "values",
      flow: "door",
      values: [
        { node: "n", port: "out", at: 1, text: "50", count: 50 },
        { node: "n", port: "other", at: 1, text: '{"state":"on"}', count: 1 },
      ],
      dropped: 49,
    });
  });

  it("keeps frames apart, however much happens", async () => {
    const { url, memory } = await startApi({ frameMs: 100 });
    const editor = await connect(url);
    editor.say({ type: "watch-flow", flow: "door" });
    await editor.settled();
    const noise = setInterval(() => memory.emitValue({ node: "n", port: "out", at: 1, payload: 1 }), 2);
    stops.push(async () => clearInterval(noise));
    await editor.until("values");
    const first = performance.now();
    await editor.until("values");
    await editor.until("values");
    await editor.until("values");
    // Three pauses of 100 ms of the hub's clock, which ticks no faster than the real one.
    expect(performance.now() - first).toBeGreaterThan(250);
  });

  it("passes messages of the watched filter, and leaves out the oldest beyond a frame's limit", async () => {
    const { url, memory } = await startApi({ frameMs: 20, messages: 3 });
    const editor = await connect(url);
    editor.say({ type: "watch-topics", filter: "a/#" });
    await editor.settled();
    memory.emitMessage(messageOf("a/first"));
    await editor.until("messages");
    for (const name of ["1", "2", "3", "4"]) memory.emitMessage(messageOf(`a/${name}`));
    const { messages, dropped } = await editor.until("messages");
    expect(messages.map(({ topic }) => topic)).toEqual(["a/2", "a/3", "a/4"]);
    expect(dropped).toBe(1);
  });

  it("tells why a filter cannot be watched", async () => {
    const { url } = await startApi();
    const editor = await connect(url);
    editor.say({ type: "watch-topics", filter: "a/##" });
    expect(await editor.until("refused")).toEqual({
      type: "refused",
      request: "watch-topics",
      detail: 'The filter "a/##" is not valid.',
    });
  });

  it("passes on the newest state of each device, and only what a token may read", async () => {
    const { url, memory } = await startApi({ frameMs: 30 });
    memory.tokens.set("mr_flows", whoOf("viewer", ["flows:read"]));
    const editor = await connect(url);
    const program = await connect(url, { authorization: "Bearer mr_flows" });
    await editor.settled();
    await program.settled();
    memory.emitNews({ type: "flow-removed", flow: "first" });
    await editor.until("flow-removed");
    await program.until("flow-removed");
    for (const reason of ["a", "b", "c"])
      memory.emitNews({ type: "device", device: { ...deviceOfId("d"), reason } });
    memory.emitNews({ type: "flow-removed", flow: "door" });
    expect((await editor.until("device")).device.reason).toBe("c");
    await editor.until("flow-removed");
    expect(editor.events).toEqual([
      expect.objectContaining({ type: "hello" }),
      expect.objectContaining({ type: "health" }),
    ]);
    await program.until("flow-removed");
    expect(program.events.map(({ type }) => type)).toEqual(["hello", "health"]);
  });

  it("stops listening when the editor looks away or leaves", async () => {
    const { url, memory } = await startApi();
    const editor = await connect(url);
    editor.say({ type: "watch-flow", flow: "a" });
    editor.say({ type: "watch-flow", flow: "b" });
    editor.say({ type: "watch-topics", filter: "#" });
    await editor.settled();
    expect(memory.listeners()).toEqual([1, 1, 1]);
    editor.say({ type: "watch-topics", filter: null });
    await editor.settled();
    expect(memory.listeners()).toEqual([1, 0, 1]);
    editor.socket.close();
    await once(editor.socket, "close");
    await expect.poll(() => memory.listeners()).toEqual([0, 0, 0]);
  });

  it("closes for what is no request, and for too many", async () => {
    const { url } = await startApi({ requestBurst: 3 });
    const wrong = ["{", '{"type":"drop-tables"}', '{"type":"watch-flow","flow":7}', "null"];
    const codes = wrong.map(async (said) => {
      const { socket } = await connect(url);
      socket.send(said);
      return closeCode(socket);
    });
    expect(await Promise.all(codes)).toEqual(wrong.map(() => 1008));
    const eager = await connect(url);
    for (let count = 0; count < 4; count++) eager.say({ type: "ping" });
    expect(await closeCode(eager.socket)).toBe(1008);
    const verbose = await connect(url);
    verbose.socket.send("x".repeat(4 * 1024 + 1));
    expect(await closeCode(verbose.socket)).toBe(1009);
  });

  it("ends within a second when the session ends", async () => {
    const { url, memory } = await startApi();
    const editor = await connect(url);
    const other = await connect(url, { cookie: "millrace=admin" });
    memory.endSession("viewer");
    expect(await closeCode(editor.socket)).toBe(4401);
    await other.settled();
  });

  it("ends when the session ran out by itself", async () => {
    const { url, memory } = await startApi({ pingMs: 20 });
    const editor = await connect(url);
    memory.sessions.delete("viewer");
    expect(await closeCode(editor.socket)).toBe(4401);
  });

  it("allows five connections for each session, and not six", async () => {
    const { url } = await startApi();
    await Promise.all(Array.from({ length: 5 }, () => connect(url)));
    expect(await refusal(url, { cookie: "millrace=viewer" })).toMatchObject({
      status: 429,
      code: "live.too-many",
    });
    await connect(url, { cookie: "millrace=admin" });
  });

  it("ends a connection whose other end is gone", async () => {
    const { url, api } = await startApi({ pingMs: 20 });
    const editor = await connect(url);
    editor.socket.pause();
    await expect.poll(() => api.liveCounts().open).toBe(0);
  });

  it("skips frames for a slow editor, keeps the latest of each topic, and closes when it stays slow", async () => {
    const { url, memory, api } = await startApi({ bufferedBytes: 1024, stuckMs: 200, messages: 50 });
    const editor = await connect(url);
    editor.say({ type: "watch-topics", filter: "#" });
    await editor.settled();
    editor.socket.pause();
    const flood = setInterval(() => {
      for (let count = 0; count < 50; count++) memory.emitMessage(messageOf(`t/${count}`, "x".repeat(4_000)));
    }, 2);
    await expect.poll(() => api.liveCounts().open, { timeout: 8_000 }).toBe(0);
    clearInterval(flood);
    expect(api.liveCounts().skippedFrames).toBeGreaterThan(1);
    expect(api.liveCounts().dropped).toBeGreaterThan(0);
  }, 10_000);

  it("closes with the hub, which waits for nobody", async () => {
    const { url, api } = await startApi();
    const editor = await connect(url);
    const closed = closeCode(editor.socket);
    await api.stop();
    expect(await closed).toBe(1001);
  });
});

describe("other upgrades", () => {
  it("go to who registered their path, and nowhere else", async () => {
    const { api, port, memory } = await startApi();
    const paths: (string | undefined)[] = [];
    api.onUpgrade("/mqtt", (request, socket) => {
      paths.push(request.url);
      socket.end("HTTP/1.1 418 Teapot\r\nContent-Length: 2\r\n\r\n{}");
    });
    expect((await refusal(`ws://127.0.0.1:${port}/mqtt?x=1`, {})).status).toBe(418);
    memory.undoSetup();
    expect(await refusal(`ws://127.0.0.1:${port}/mqtt`, {})).toMatchObject({ status: 503 });
    expect(paths).toEqual(["/mqtt?x=1"]);
    expect(await refusal(`ws://127.0.0.1:${port}/other`, {})).toMatchObject({
      status: 404,
      code: "route.unknown",
    });
  });

  it("do not keep the hub from stopping", async () => {
    const { api, port } = await startApi();
    api.onUpgrade("/mqtt", () => {});
    const socket = new WebSocket(`ws://127.0.0.1:${port}/mqtt`);
    const failed = once(socket, "error");
    await expect.poll(() => api.app.server.listening).toBe(true);
    await new Promise((resolve) => api.app.server.once("upgrade", resolve));
    await api.stop();
    expect(await failed).toHaveLength(1);
  });
});
