import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { OutboundError } from "./outboundError.ts";

/** What goes out; the URL was judged before. */
export interface HttpExchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly socket: Socket;
  readonly signal: AbortSignal;
}

/** The answer of a web server; redirects are answers like any other and are not followed. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As text, at most 1 MiB. */
  readonly body: string;
  /** The body was longer. */
  readonly cut: boolean;
}

const RESPONSE_MAX_BYTES = 1024 * 1024;
const HEADERS_MAX_BYTES = 16 * 1024;

/** One request over a connected socket, which is closed afterwards. */
export function exchange(given: HttpExchange): Promise<HttpReply> {
  const { url, socket, signal } = given;
  return new Promise<HttpReply>((resolve, reject) => {
    const fail = (error: Error) => reject(failure(error, url, signal));
    const request = httpRequest({
      createConnection: () => socket,
      method: given.method,
      path: `${url.pathname}${url.search}`,
      headers: headersOf(given),
      setHost: false,
      maxHeaderSize: HEADERS_MAX_BYTES,
      signal,
    });
    request.once("error", fail);
    request.once("response", (response) => {
      readBody(response).then(resolve, fail);
    });
    request.end(given.body);
  }).finally(() => socket.destroy());
}

function headersOf({ url, headers, body }: HttpExchange): Record<string, string> {
  return {
    "user-agent": "Millrace",
    ...headers,
    host: url.host,
    connection: "close",
    // Nothing is decompressed, so no small answer can unfold into a huge one.
    "accept-encoding": "identity",
    ...(body !== undefined && { "content-length": String(Buffer.byteLength(body)) }),
  };
}

async function readBody(response: IncomingMessage): Promise<HttpReply> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > RESPONSE_MAX_BYTES) break;
  }
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : (value ?? ""),
      ]),
    ),
    body: Buffer.concat(chunks).subarray(0, RESPONSE_MAX_BYTES).toString("utf8"),
    cut: size > RESPONSE_MAX_BYTES,
  };
}

function failure(error: Error, url: URL, signal: AbortSignal): OutboundError {
  if (signal.aborted)
    return new OutboundError("timeout", `${url.host} did not answer in time.`, { cause: error });
  const isOurs = "code" in error && typeof error.code === "string" && error.code.startsWith("HPE_");
  return isOurs
    ? new OutboundError("protocol", `The answer of ${url.host} is not valid HTTP or too large.`, {
        cause: error,
      })
    : new OutboundError("unreachable", `The connection to ${url.host} broke: ${error.message}.`, {
        cause: error,
      });
}
