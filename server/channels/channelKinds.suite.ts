import { createServer as createHttpServer } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { ChannelConnect, ChannelKind, DeliveryOutcome, Notice } from "./channelKind.ts";
import { channelKinds } from "./index.ts";

/** A receiver on this computer, and what it got. */
interface Receiver {
  readonly port: number;
  readonly received: Received[];
  connections(): number;
}

interface Received {
  readonly key: string;
  readonly title: string;
  readonly text: string;
}

type Mood = "well" | "busy" | "refusing" | "silent";

type CreateConnect = (allowLoopback: readonly string[]) => ChannelConnect;

interface Bench {
  /** Settings of the channel for a receiver on this port. */
  readonly config: (port: number) => Readonly<Record<string, string | number | boolean>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly open: (mood: Mood) => Promise<Receiver>;
}

const SECRET = "s3cret-token-value";

const benches: Readonly<Record<string, Bench>> = {
  webhook: {
    config: (port) => ({
      url: `http://127.0.0.1:${port}/hook`,
      headers: "X-Source: hub",
      secretName: "X-Key",
    }),
    secrets: { secret: SECRET },
    open: (mood) =>
      openHttp(mood, ({ key, body }) => {
        const { title, text }: Received = JSON.parse(body);
        return { key, title, text };
      }),
  },
  ntfy: {
    config: (port) => ({ server: `http://127.0.0.1:${port}/`, topic: "house", tags: "house" }),
    secrets: { token: SECRET },
    open: (mood) =>
      openHttp(mood, ({ key, title, body }) => ({ key, title: decodedWord(title), text: body })),
  },
  email: {
    config: (port) => ({
      host: "127.0.0.1",
      port,
      security: "none",
      user: "",
      from: "hub@example.org",
      to: "a@example.org, b@example.org",
    }),
    secrets: { password: "" },
    open: openMail,
  },
};

const running: Server[] = [];
const sockets = new Set<Socket>();

const notice: Notice = {
  id: "run-1.tell.0",
  title: "Kühlraum zu warm",
  text: "7.2 °C for two minutes",
  severity: "critical",
  flow: "cold-store",
  node: "tell",
  run: "run-1",
  at: 1_767_225_600_000,
};

/**
 * What every kind of channel must do, against receivers on this computer. `createConnect` makes a connector that
 * reaches only the listed `host:port`s.
 */
export function describeChannelKinds(createConnect: CreateConnect): void {
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of running.splice(0)) server.close();
  });

  it("has a bench for every kind that leaves the hub", () => {
    const leaving = channelKinds.map(({ kind }) => kind).filter((kind) => kind !== "inbox");
    expect(Object.keys(benches).toSorted()).toEqual(leaving.toSorted());
  });

  describe.each(channelKinds.filter(({ kind }) => kind !== "inbox"))("$kind as a kind of channel", (kind) => {
    const bench = benches[kind.kind]!;

    it("describes each of its settings for the form", () => {
      expect(kind.summary).toMatch(/\.$/);
      for (const field of kind.fields) expect(field.label).not.toBe("");
      expect(kind.check(bench.config(1))).toEqual([]);
      expect(kind.hostOf(bench.config(1))).not.toBe(kind.hostOf(bench.config(2)));
    });

    it("delivers title and text, each attempt with the same key", async () => {
      const receiver = await bench.open("well");
      expect(await deliver(createConnect, kind, receiver)).toMatchObject({ outcome: "delivered" });
      expect(await deliver(createConnect, kind, receiver)).toMatchObject({ outcome: "delivered" });
      const [first, second] = receiver.received;
      expect(first).toMatchObject({ title: notice.title, text: notice.text });
      expect(first!.key).toContain("run-1.tell.0");
      expect(second).toEqual(first);
    });

    it("tries again when the receiver is busy, and gives up when it refuses", async () => {
      expect(await deliver(createConnect, kind, await bench.open("busy"))).toMatchObject({
        outcome: "retry",
      });
      expect(await deliver(createConnect, kind, await bench.open("refusing"))).toMatchObject({
        outcome: "refused",
      });
    });

    it("tries again when nobody listens, and when the receiver falls silent", async () => {
      const gone = await bench.open("well");
      await closeAll();
      expect(await deliver(createConnect, kind, gone)).toMatchObject({ outcome: "retry" });
      const outcome = await deliver(createConnect, kind, await bench.open("silent"), {
        signal: AbortSignal.timeout(100),
      });
      expect(outcome).toMatchObject({ outcome: "retry" });
    });

    it("opens no socket where the policy forbids it", async () => {
      const receiver = await bench.open("well");
      const outcome = await deliver(createConnect, kind, receiver, { allowed: false });
      expect(outcome).toMatchObject({ outcome: "refused", reason: "policy" });
      expect(receiver.connections()).toBe(0);
    });

    it("sends a title with line breaks, an empty title and a long text without harm", async () => {
      const receiver = await bench.open("well");
      const odd = { ...notice, title: "a\r\nBcc: x@example.org\r\n\r\nb", text: "ü".repeat(10_000) };
      expect(await deliver(createConnect, kind, receiver, { notice: odd })).toMatchObject({
        outcome: "delivered",
      });
      expect(
        await deliver(createConnect, kind, receiver, { notice: { ...notice, title: "" } }),
      ).toMatchObject({
        outcome: "delivered",
      });
      expect(receiver.received[0]!.text).toContain("üüü");
      expect(receiver.received).toHaveLength(2);
    });
  });
}

function deliver(
  createConnect: CreateConnect,
  kind: ChannelKind,
  { port }: Receiver,
  given: { allowed?: boolean; signal?: AbortSignal; notice?: Notice } = {},
): Promise<DeliveryOutcome> {
  const bench = benches[kind.kind]!;
  const connect = createConnect(given.allowed === false ? [] : [`127.0.0.1:${port}`]);
  const signal = given.signal ?? AbortSignal.timeout(5_000);
  const inbox = { add: async () => {} };
  return kind.deliver(given.notice ?? notice, {
    config: bench.config(port),
    secrets: bench.secrets,
    connect,
    inbox,
    signal,
  });
}

async function listening(server: Server, received: Received[]): Promise<Receiver> {
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { port, received, connections: () => connections };
}

async function closeAll(): Promise<void> {
  await Promise.all(running.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
}

function openHttp(
  mood: Mood,
  read: (request: { key: string; title: string; body: string }) => Received,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createHttpServer((request, response) => {
    if (mood === "silent") return;
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      const { "idempotency-key": key, title, authorization, "x-key": secret } = request.headers;
      const isSecretThere = `${authorization} ${String(secret)}`.includes(SECRET);
      received.push(read({ key: String(key), title: String(title ?? ""), body }));
      response.writeHead(mood === "busy" ? 503 : mood === "refusing" || !isSecretThere ? 400 : 200).end();
    });
  });
  return listening(server, received);
}

/** As much of a mail server as a test needs. */
function openMail(mood: Mood): Promise<Receiver> {
  const received: Received[] = [];
  const server = createTcpServer((socket) => {
    if (mood === "silent") return;
    let data: string | undefined;
    let rest = "";
    const say = (line: string) => socket.write(`${line}\r\n`);
    say("220 mail.example.org");
    socket.on("data", (chunk) => {
      rest += String(chunk);
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data === undefined) {
          const verb = line.slice(0, 4).toUpperCase();
          if (verb === "MAIL" && mood === "busy") say("451 try later");
          else if (verb === "RCPT" && mood === "refusing") say("550 no such mailbox");
          else if (verb === "DATA") {
            data = "";
            say("354 go on");
          } else if (verb === "QUIT") socket.end("221 bye\r\n");
          else say("250 mail.example.org");
        } else if (line === ".") {
          received.push(readMail(data));
          data = undefined;
          say("250 taken");
        } else data += `${line}\r\n`;
      }
    });
  });
  return listening(server, received);
}

function readMail(mail: string): Received {
  const [head = "", ...body] = mail.split("\r\n\r\n");
  const header = (name: string) =>
    new RegExp(`^${name}: ((?:.|\r\n[ \t])*)`, "im").exec(head)?.[1]?.replace(/\r\n[ \t]/g, " ") ?? "";
  const text = body.join("\r\n\r\n");
  const isBase64 = header("Content-Transfer-Encoding") === "base64";
  expect(header("Bcc")).toBe("");
  return {
    key: header("Message-ID"),
    title: header("Subject")
      .split(/\?=\s+(?==\?)/)
      .map((word) => decodedWord(word.endsWith("?=") || !word.startsWith("=?") ? word : `${word}?=`))
      .join(""),
    text: isBase64 ? Buffer.from(text, "base64").toString() : unquoted(text).trim(),
  };
}

function decodedWord(text: string): string {
  const [, charset, way, body = ""] = /^=\?(utf-8)\?([BQ])\?(.*)\?=$/i.exec(text) ?? [];
  if (charset === undefined) return text;
  return way?.toUpperCase() === "B"
    ? Buffer.from(body, "base64").toString()
    : unquoted(body.replaceAll("_", " "));
}

function unquoted(text: string): string {
  const bytes = text
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}
