import { type IncomingHttpHeaders, createServer as createHttpServer } from "node:http";
import { type Server, type Socket, createServer as createTcpServer } from "node:net";

/** A request that a receiver got. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** ms since 1970. */
  readonly at: number;
}

/** A mail that a receiver got: its headers and its text as they came. */
export interface ReceivedMail {
  readonly recipients: readonly string[];
  readonly head: string;
  readonly text: string;
}

/** A service on this computer, and what it got so far. */
export interface Receiver<Item> {
  readonly port: number;
  readonly items: readonly Item[];
  /** Resolves to all that came, once there are so many. */
  atLeast(count: number, timeoutMs?: number): Promise<readonly Item[]>;
  close(): Promise<void>;
}

/** What a web service answers; a test may say something else each time. */
export interface WebAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 8_000;

/** A web service that notes every request, and answers 200 unless told otherwise; `undefined` is no answer at all. */
export async function openWebReceiver(
  answer: (request: ReceivedRequest) => WebAnswer | undefined = () => ({ status: 200 }),
  port = 0,
): Promise<Receiver<ReceivedRequest>> {
  const mailbox = createMailbox<ReceivedRequest>();
  const server = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { method = "", url: path = "", headers } = request;
      const received = { method, path, headers, body, at: Date.now() };
      const given = answer(received);
      if (given !== undefined) response.writeHead(given.status, given.headers).end();
      mailbox.put(received);
    });
  });
  return serve(server, mailbox, port);
}

/** As much of a mail server as a test needs. */
export async function openMailReceiver(): Promise<Receiver<ReceivedMail>> {
  const mailbox = createMailbox<ReceivedMail>();
  const server = createTcpServer((socket) => {
    const say = (line: string) => socket.write(`${line}\r\n`);
    let recipients: string[] = [];
    let data: string | undefined;
    let rest = "";
    say("220 mail.example.org");
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      rest += chunk.toString();
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (data !== undefined && line !== ".") data += `${line}\r\n`;
        else if (data !== undefined) {
          mailbox.put(mailOf(data, recipients));
          [data, recipients] = [undefined, []];
          say("250 taken");
        } else if (line.startsWith("DATA")) {
          data = "";
          say("354 go on");
        } else if (line.startsWith("QUIT")) socket.end("221 bye\r\n");
        else {
          const [, recipient] = /^RCPT TO:<(.+)>/.exec(line) ?? [];
          if (recipient !== undefined) recipients.push(recipient);
          say("250 mail.example.org");
        }
      }
    });
  });
  return serve(server, mailbox, 0);
}

/** A port of this computer on which nobody listens. */
export async function closedPort(): Promise<number> {
  const { port, close } = await openWebReceiver();
  await close();
  return port;
}

interface Mailbox<Item> {
  readonly items: Item[];
  put(item: Item): void;
  atLeast(count: number, timeoutMs: number): Promise<readonly Item[]>;
}

function createMailbox<Item>(): Mailbox<Item> {
  const items: Item[] = [];
  const looks = new Set<() => void>();
  return {
    items,
    put(item) {
      items.push(item);
      for (const look of looks) look();
    },
    atLeast(count, timeoutMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          looks.delete(look);
          reject(new Error(`Only ${items.length} of ${count} came within ${timeoutMs} ms.`));
        }, timeoutMs);
        const look = () => {
          if (items.length < count) return;
          clearTimeout(timer);
          looks.delete(look);
          resolve([...items]);
        };
        looks.add(look);
        look();
      });
    },
  };
}

async function serve<Item>(server: Server, mailbox: Mailbox<Item>, wanted: number): Promise<Receiver<Item>> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(wanted, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    items: mailbox.items,
    atLeast: (count, timeoutMs = PATIENCE_MS) => mailbox.atLeast(count, timeoutMs),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function mailOf(data: string, recipients: readonly string[]): ReceivedMail {
  const gap = data.indexOf("\r\n\r\n");
  return { recipients: [...recipients], head: data.slice(0, gap), text: data.slice(gap + 4).trimEnd() };
}
