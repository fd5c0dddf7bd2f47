import { lookup } from "node:dns/promises";
import type { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { quoted } from "#flows/problem.ts";
import { addressBytes } from "./address.ts";
import { exchange, type HttpReply } from "./httpExchange.ts";
import { openSocket, type Route } from "./openSocket.ts";
import { OutboundError } from "./outboundError.ts";
import { createOutboundPolicy, type OutboundRules } from "./outboundPolicy.ts";
import { outcomeOf } from "./httpOutcome.ts";
import type { Outcome } from "./outcome.ts";

/** A web request, as flows and channels ask for it. */
export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** @default 30000, which is also the most */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A plain or TLS connection, for protocols other than HTTP. */
export interface OutboundEndpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly signal?: AbortSignal;
}

/** The only way out of the hub: every address is judged before a socket is opened. */
export interface Connect {
  /** Rejects with an `OutboundError`; any status is an answer. */
  request: (request: OutboundRequest) => Promise<HttpReply>;
  /** The same as an outcome for the outbox; never rejects. */
  deliver: (request: OutboundRequest) => Promise<Outcome>;
  openSocket: (endpoint: OutboundEndpoint) => Promise<Socket>;
  /** Resolves the host and judges every address, without opening anything. */
  judge: (host: string, port: number) => Promise<Route>;
}

export interface ConnectParts {
  /** Read at every connection, so that a change of the settings counts at once. */
  readonly rules: () => OutboundRules;
  readonly now: () => number;
  readonly trusted?: readonly string[];
  /** All addresses of a name. @default the resolver of the system */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** @default the network interfaces of this computer */
  readonly ownAddresses?: () => readonly string[];
}

const CONNECT_MS = 5_000;
const TOTAL_MS = 30_000;
/** Addresses tried for one name. */
const ADDRESSES_MAX = 8;

/** Makes the connector that hub.ts hands to whoever must reach the outside. */
export function createConnect(parts: ConnectParts): Connect {
  const resolve = parts.resolve ?? resolveBySystem;
  const ownAddresses = parts.ownAddresses ?? addressesOfThisComputer;

  async function judge(host: string, port: number): Promise<Route> {
    const name = normalHost(host);
    const addresses = addressBytes(name) === undefined ? await resolved(name, resolve) : [name];
    const policy = createOutboundPolicy(parts.rules(), ownAddresses);
    for (const address of addresses) {
      const refusal = policy({ host: name, address, port });
      if (refusal !== undefined) throw new OutboundError("policy", refusal);
    }
    return { host: name, addresses: addresses.slice(0, ADDRESSES_MAX), port };
  }

  async function open({ host, port, tls, signal }: OutboundEndpoint): Promise<Socket> {
    const connectSignal = within(CONNECT_MS, signal);
    const route = await untilAborted(judge(host, port), connectSignal, host);
    const trusted = parts.trusted && { trusted: parts.trusted };
    return openSocket(route, { tls, signal: connectSignal, ...trusted });
  }

  async function request(given: OutboundRequest): Promise<HttpReply> {
    const url = webUrl(given.url);
    const signal = within(Math.min(TOTAL_MS, given.timeoutMs ?? TOTAL_MS), given.signal);
    const tls = url.protocol === "https:";
    const port = url.port === "" ? (tls ? 443 : 80) : Number(url.port);
    const socket = await open({ host: url.hostname, port, tls, signal });
    const { method, headers = {}, body } = given;
    return exchange({ method, url, headers, body, socket, signal });
  }

  return {
    request,
    deliver: (given) => outcomeOf(() => request(given), parts.now),
    openSocket: open,
    judge,
  };
}

/** The URL parser unfolds `2130706433`, `0x7f.1`, `127.1` and full-width digits: only what it makes of them is judged. */
function normalHost(host: string): string {
  const bare = host.replace(/^\[|\]$/g, "");
  const text = `http://${bare.includes(":") ? `[${bare}]` : bare}/`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    url.pathname !== "/" ||
    url.port !== "" ||
    url.username !== "" ||
    url.hostname === ""
  )
    throw new OutboundError("policy", `${quoted(host)} is not a host name.`);
  return url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function webUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:"))
    throw new OutboundError("policy", `${quoted(text)} is not an http or https address.`);
  if (url.username !== "" || url.password !== "")
    throw new OutboundError(
      "policy",
      "A web address must not hold a user name or a password; use a secret header.",
    );
  return url;
}

async function resolved(
  name: string,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    const addresses = await resolve(name);
    if (addresses.length > 0) return addresses;
  } catch (error) {
    throw new OutboundError("unreachable", `The name ${quoted(name)} cannot be resolved.`, { cause: error });
  }
  throw new OutboundError("unreachable", `The name ${quoted(name)} has no address.`);
}

async function resolveBySystem(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);
}

function addressesOfThisComputer(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map(({ address }) => address),
  );
}

function within(ms: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(ms);
  return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
}

/** A resolver that hangs must not hold the caller. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal, host: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new OutboundError("timeout", `${host} did not answer in time.`));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
