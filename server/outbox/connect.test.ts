import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createConnect, type Connect, type ConnectParts } from "./connect.ts";
import { createHttpPerformer } from "./httpPerformer.ts";
import { createMemoryOutboxStore } from "./memoryOutboxStore.ts";
import type { OutboxRow } from "./outboxStore.ts";

const running: { close(): unknown }[] = [];
afterEach(() => running.splice(0).forEach((server) => server.close()));

const LOOPBACK_LITERALS = [
  "127.0.0.1",
  "127.8.9.10",
  "2130706433",
  "0x7f.1",
  "127.1",
  "0177.0.0.1",
  "１２７.０.０.１",
  "0.0.0.0",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::ffff:0:7f00:1]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[2001:0:7f00:1::]",
  "[2001::80ff:fffe]",
  "localhost",
  "localhost.",
];

describe("connect: what is refused", () => {
  it.each(LOOPBACK_LITERALS)("opens no socket to this computer as %s", async (host) => {
    const { port, connections } = await listen();
    const error = await createOpen({})
      .request({ method: "GET", url: `http://${host}:${port}/` })
      .catch(String);
    expect(error).toContain("not allowed");
    expect(connections()).toBe(0);
  });

  it.each([
    "169.254.169.254",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "metadata.google.internal",
  ])("never calls %s, although it is listed", async (host) => {
    const bare = host.replace(/^\[|\]$/g, "");
    const allow = [bare, "0.0.0.0/0", "::/0"];
    const connect = createOpen(
      { allow, allowLoopback: [`${host}:80`] },
      { resolve: async () => ["93.184.216.34"] },
    );
    await expect(connect.judge(host, 80)).rejects.toMatchObject({ code: "policy" });
  });

  it.each([
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.10",
    "100.64.0.1",
    "[fd12::1]",
    "[::ffff:10.0.0.1]",
    "192.0.2.1",
  ])("refuses %s until an admin lists it", async (host) => {
    const bare = host.replace(/^\[|\]$/g, "");
    await expect(createOpen({}).judge(host, 443)).rejects.toMatchObject({ code: "policy" });
    const listed = createOpen({
      allow: [
        "10.0.0.0/8:443",
        "172.16.0.0/12",
        "192.168.1.10",
        "100.64.0.0/10",
        "[fd00::/8]:443",
        "192.0.2.0/24",
      ],
    });
    await expect(listed.judge(host, 443)).resolves.toMatchObject({ addresses: [expect.any(String)] });
    expect(bare).not.toBe("");
  });

  it("allows only the usual ports on the internet, others by list", async () => {
    const resolve = resolveTo("93.184.216.34");
    await expect(createOpen({}, { resolve }).judge("example.org", 443)).resolves.toMatchObject({ port: 443 });
    await expect(createOpen({}, { resolve }).judge("example.org", 8123)).rejects.toMatchObject({
      code: "policy",
    });
    const listed = createOpen({ allow: ["Example.org:8123"] }, { resolve });
    await expect(listed.judge("example.org.", 8123)).resolves.toMatchObject({ host: "example.org" });
    await expect(listed.judge("example.org", 8124)).rejects.toMatchObject({ code: "policy" });
  });

  it("refuses a name when any of its addresses is not allowed, and own addresses of the computer", async () => {
    const resolve = resolveTo("93.184.216.34", "127.0.0.1");
    await expect(createOpen({}, { resolve }).judge("two.example", 443)).rejects.toMatchObject({
      code: "policy",
    });
    const own = createOpen({ allow: ["0.0.0.0/0"] }, { ownAddresses: () => ["198.51.100.7"] });
    await expect(own.judge("198.51.100.7", 443)).rejects.toMatchObject({ code: "policy" });
  });

  it("resolves once: a name that answers differently the second time changes nothing", async () => {
    const { port, connections } = await listen();
    const answers = [["127.0.0.1"], ["10.0.0.1"]];
    let asked = 0;
    const connect = createOpen(
      { allowLoopback: [`rebind.example:${port}`] },
      { resolve: async () => answers[asked++] ?? [] },
    );
    await connect.request({ method: "GET", url: `http://rebind.example:${port}/` });
    expect([asked, connections()]).toEqual([1, 1]);
    await expect(connect.judge("rebind.example", port)).rejects.toMatchObject({ code: "policy" });
  });

  it("refuses user info, other schemes and what is no address", async () => {
    const connect = createOpen({});
    const codes = ["ftp://example.org/", "http://a:b@example.org/", "nonsense", "file:///etc/passwd"].map(
      (url) => connect.request({ method: "GET", url }).catch((error: { code: string }) => error.code),
    );
    expect(await Promise.all(codes)).toEqual(["policy", "policy", "policy", "policy"]);
    await expect(connect.openSocket({ host: "a/b", port: 25, tls: false })).rejects.toMatchObject({
      code: "policy",
    });
  });

  it("reaches the dead letters with reason policy", async () => {
    const performer = createHttpPerformer(createOpen({}));
    const row = rowWith("r", { method: "POST", url: "http://127.0.0.1/" });
    expect(await performer(row, new AbortController().signal)).toMatchObject({
      outcome: "refused",
      reason: "policy",
    });
  });
});

describe("connect: requests", () => {
  it("sends method, path, headers and body, and reads the answer", async () => {
    const seen: unknown[] = [];
    const { url, connect } = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        seen.push([request.method, request.url, request.headers["x-a"], request.headers.host, body]);
        response.writeHead(201, { "x-b": "2" }).end("grün");
      });
    });
    const reply = await connect.request({
      method: "PUT",
      url: `${url}/a?b=c`,
      headers: { "X-A": "1" },
      body: "ö",
    });
    expect(reply).toMatchObject({ status: 201, headers: { "x-b": "2" }, body: "grün", cut: false });
    expect(seen).toEqual([["PUT", "/a?b=c", "1", new URL(url).host, "ö"]]);
  });

  it("keeps the name in the Host header while it connects to the judged address", async () => {
    const hosts: unknown[] = [];
    const { port } = await listen((request, response) => {
      hosts.push(request.headers.host);
      response.end();
    });
    const connect = createOpen(
      { allowLoopback: [`inner.example:${port}`] },
      { resolve: async () => ["127.0.0.1"] },
    );
    await connect.request({ method: "GET", url: `http://inner.example:${port}/` });
    expect(hosts).toEqual([`inner.example:${port}`]);
  });

  it("does not follow redirects", async () => {
    const { url, connect, requests } = await serve((_request, response) => {
      response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    });
    expect(await connect.deliver({ method: "GET", url })).toMatchObject({ outcome: "refused", status: 302 });
    expect(requests()).toBe(1);
  });

  it("cuts a body that never ends at 1 MiB", async () => {
    const { url, connect } = await serve((_request, response) => {
      const write = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
        response.once("drain", write);
      };
      write();
    });
    const reply = await connect.request({ method: "GET", url });
    expect(reply.cut).toBe(true);
    expect(reply.body).toHaveLength(1024 * 1024);
  });

  it("refuses huge headers and gives up on silence", async () => {
    const big = await serve((_request, response) => {
      response.writeHead(200, { "x-big": "x".repeat(20_000) }).end();
    });
    await expect(big.connect.request({ method: "GET", url: big.url })).rejects.toMatchObject({
      code: "protocol",
    });
    const silent = await serve(() => {});
    await expect(
      silent.connect.request({ method: "GET", url: silent.url, timeoutMs: 50 }),
    ).rejects.toMatchObject({ code: "timeout" });
  });

  it("does not unfold what is compressed", async () => {
    const { url, connect } = await serve((request, response) => {
      response.writeHead(200).end(String(request.headers["accept-encoding"]));
    });
    expect((await connect.request({ method: "GET", url })).body).toBe("identity");
  });

  it.each([
    [200, "delivered"],
    [204, "delivered"],
    [400, "refused"],
    [404, "refused"],
    [408, "retry"],
    [425, "retry"],
    [429, "retry"],
    [500, "retry"],
    [503, "retry"],
  ])("takes %i as %s", async (status, outcome) => {
    const { url, connect } = await serve((_request, response) => {
      response.writeHead(status, { "retry-after": "7" }).end("why");
    });
    const got = await connect.deliver({ method: "POST", url, body: "{}" });
    expect(got).toMatchObject({ outcome, status });
    expect(got.outcome === "retry" ? got.retryAfterMs : 7_000).toBe(7_000);
  });

  it("retries where nobody listens, and where the connection breaks", async () => {
    const { port, close } = await listen();
    await close();
    const connect = createOpen({ allowLoopback: [`127.0.0.1:${port}`] });
    expect(await connect.deliver({ method: "GET", url: `http://127.0.0.1:${port}/` })).toMatchObject({
      outcome: "retry",
    });
    const broken = createTcpServer((socket) => socket.destroy());
    running.push(broken);
    await new Promise<void>((resolve) => broken.listen(0, "127.0.0.1", resolve));
    const brokenPort = portOf(broken);
    const other = createOpen({ allowLoopback: [`127.0.0.1:${brokenPort}`] });
    const url = `http://127.0.0.1:${brokenPort}/`;
    expect(await other.deliver({ method: "GET", url })).toMatchObject({ outcome: "retry" });
  });

  it("gives up when a name does not resolve, as something that may pass", async () => {
    const connect = createOpen({}, { resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    expect(await connect.deliver({ method: "GET", url: "http://gone.example/" })).toMatchObject({
      outcome: "retry",
      error: 'The name "gone.example" cannot be resolved.',
    });
  });

  it("takes any answer to a question as one, and does not ask twice", async () => {
    const { url, connect } = await serve((_request, response) => {
      response.writeHead(503).end("busy");
    });
    const performer = createHttpPerformer(connect);
    const { signal } = new AbortController();
    const question = { method: "POST", url, ask: true };
    expect(await performer(rowWith("a", question), signal)).toEqual({
      outcome: "delivered",
      status: 503,
      body: "busy",
    });
    const nowhere = { ...question, url: "http://127.0.0.1:1/" };
    expect(await performer(rowWith("b", nowhere), signal)).toMatchObject({
      outcome: "refused",
      reason: "policy",
    });
  });

  it("hands the idempotency key of the row on, over any of the user", async () => {
    const keys: unknown[] = [];
    const { url, connect } = await serve((request, response) => {
      keys.push(request.headers["idempotency-key"]);
      response.end();
    });
    const body = {
      method: "POST",
      url,
      headers: { "Idempotency-Key": "mine" },
      body: "{}",
      timeoutMs: 1_000,
    };
    await createHttpPerformer(connect)(rowWith("run.node.0", body), new AbortController().signal);
    expect(keys).toEqual(["run.node.0"]);
  });
});

function createOpen(
  rules: { allow?: string[]; allowLoopback?: string[] },
  more: Partial<ConnectParts> = {},
): Connect {
  return createConnect({
    rules: () => ({ allow: [], allowLoopback: [], ...rules }),
    now: () => Date.now(),
    ownAddresses: () => [],
    ...more,
  });
}

async function listen(answer: RequestListener = (_request, response) => response.end()) {
  const server: Server = createServer(answer);
  let connections = 0;
  let requests = 0;
  server.on("connection", () => (connections += 1));
  server.on("request", () => (requests += 1));
  running.push({ close: () => (server.close(), server.closeAllConnections()) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  const close = () => new Promise((resolve) => server.close(resolve));
  return { port, close, connections: () => connections, requests: () => requests };
}

async function serve(answer: RequestListener) {
  const { port, requests } = await listen(answer);
  const connect = createOpen({ allowLoopback: [`127.0.0.1:${port}`] });
  return { url: `http://127.0.0.1:${port}`, connect, requests };
}

function portOf(server: TcpServer): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return address.port;
}

function resolveTo(...addresses: string[]): () => Promise<readonly string[]> {
  return async () => addresses;
}

function rowWith(id: string, body: unknown): OutboxRow {
  const store = createMemoryOutboxStore(() => 0);
  const row = store.row(store.add({ id, target: "host", createdAt: 0, body }));
  if (row === undefined) throw new Error("The row is gone.");
  return row;
}
