import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type IClientOptions, type MqttClient, connectAsync } from "mqtt";
import type { DeviceCredentials, Page, RunDetail, RunSummary } from "../../server/api/contract.ts";

/** A hub as a process of its own, on free ports of the loopback and a folder that is removed at the end. */
export interface HubProcess {
  readonly url: string;
  /** 0 while the hub waits for its set-up. */
  readonly mqttPort: number;
  /** 0 while MQTT over TLS is closed. */
  readonly mqttsPort: number;
  readonly setupUrl: string | undefined;
  readonly pid: number;
  readonly folder: string;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMs: number;
  /** All that it printed to standard error so far. */
  readonly log: () => string;
  /** Ends the process; resolves to its exit code, or to `null` when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** What an API client of a test sends and gets. */
export interface Answer<Body = unknown> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

export const ADMIN_PASSWORD = "a long enough password";

const BUILT = "dist/server/main.js";
const READY_MAX_MS = 15_000;
/** Addresses that are not below `/api/v1`. */
const OUTSIDE = /^\/(api|healthz|readyz|metrics|$)/;

interface ReadyLine {
  readonly http: { readonly port: number };
  readonly mqtt: { readonly port: number | null };
  readonly mqtts: { readonly port: number | null };
  readonly setupUrl?: string;
}

/** How to start a hub. */
export interface HubOptions {
  /** Takes up what an earlier hub left there. */
  readonly folder?: string;
  readonly args?: readonly string[];
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[];
  /** Without an administrator: it waits for its set-up. */
  readonly isNew?: boolean;
  /** A program that starts the hub in its own way; it is given the data folder, then the whole command. */
  readonly through?: readonly string[];
  /** Added to the variables of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A command of the command line that has ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the built hub and waits until it is ready. */
export async function startHub(options: HubOptions = {}): Promise<HubProcess> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "millrace-"));
  const password = options.isNew === true ? [] : ["--admin-password", ADMIN_PASSWORD];
  const args = ["start", "--json", "--data", folder, "--http-port", "0", "--mqtt-port", "0", ...password];
  const { nodeOptions = [] } = options;
  const command = [process.execPath, ...nodeOptions, BUILT, ...args, ...(options.args ?? [])];
  const [program = "", ...rest] =
    options.through === undefined ? command : [...options.through, folder, ...command];
  const startedAt = performance.now();
  const env = { ...process.env, ...options.environment };
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env });
  let log = "";
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const ready = await readyLine(child, () => log);
  return {
    url: `http://127.0.0.1:${ready.http.port}`,
    mqttPort: ready.mqtt.port ?? 0,
    mqttsPort: ready.mqtts.port ?? 0,
    setupUrl: ready.setupUrl,
    pid: child.pid ?? 0,
    folder,
    readyMs: performance.now() - startedAt,
    log: () => log,
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      const [code] = (await once(child, "exit")) as [number | null];
      return code;
    },
  };
}

/** Runs a command of the command line to its end. */
export async function runMillrace(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [BUILT, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = [child.stdout, child.stderr].map(async (stream) => {
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    return text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: (await out) ?? "", err: (await err) ?? "" };
}

/** What the hub logged, line by line. */
export function logLines(hub: Pick<HubProcess, "log">): readonly Readonly<Record<string, unknown>>[] {
  return hub
    .log()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Removes what a hub left on disk. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

async function readyLine(child: ChildProcess, log: () => string): Promise<ReadyLine> {
  const lines = createInterface({ input: child.stdout! });
  const first = once(lines, "line") as Promise<[string]>;
  const exit = once(child, "exit").then(() => {
    throw new Error(`The hub ended before it was ready:\n${log()}`);
  });
  const [line] = await Promise.race([first, exit, tooLate(log)]);
  exit.catch(() => {});
  return JSON.parse(line) as ReadyLine;
}

function tooLate(log: () => string): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(new Error(`The hub was not ready in ${READY_MAX_MS} ms:\n${log()}`));
    setTimeout(fail, READY_MAX_MS).unref();
  });
}

/** A signed-in client of the API. */
export interface ApiClient {
  <Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
}

/** An API client without a session. */
export function anonymous(url: string, cookie?: string): ApiClient {
  return async <Body>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(url + (OUTSIDE.test(path) ? path : `/api/v1${path}`), {
      method,
      headers: {
        "x-millrace": "1",
        ...(cookie !== undefined && { cookie }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson && text !== "" ? JSON.parse(text) : text) as Body,
    };
  };
}

/** Signs in as the administrator. */
export async function signIn(hub: Pick<HubProcess, "url">): Promise<ApiClient> {
  const { status, headers, body } = await anonymous(hub.url)("POST", "/session", {
    name: "admin",
    password: ADMIN_PASSWORD,
  });
  if (status >= 300) throw new Error(`Signing in failed: ${status} ${JSON.stringify(body)}`);
  return anonymous(hub.url, (headers.get("set-cookie") ?? "").split(";")[0]);
}

/** Registers a device that may use any topic unless told otherwise; its credentials are shown once. */
export async function addDevice(api: ApiClient, name: string, preset = "any"): Promise<DeviceCredentials> {
  const { status, body } = await api<DeviceCredentials>("POST", "/devices", { name, preset });
  if (status >= 300) throw new Error(`The device was not added: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Connects over TCP as a device, with its id as client id. */
export function connectAs(
  { id, username, password }: DeviceCredentials,
  hub: Pick<HubProcess, "mqttPort">,
  options: IClientOptions = {},
): Promise<MqttClient> {
  return connectAsync(`mqtt://127.0.0.1:${hub.mqttPort}`, {
    clientId: id,
    username,
    password,
    reconnectPeriod: 0,
    connectTimeout: 5_000,
    ...options,
  });
}

/** Creates and deploys a flow. */
export async function deploy(api: ApiClient, document: { readonly name: string }): Promise<string> {
  const created = await api<{ id: string }>("POST", "/flows", { document });
  if (created.status >= 300) throw new Error(`The flow was not created: ${JSON.stringify(created.body)}`);
  const deployed = await api("POST", `/flows/${created.body.id}/deploy`, {});
  if (deployed.status >= 300) throw new Error(`The flow was not deployed: ${JSON.stringify(deployed.body)}`);
  return created.body.id;
}

/** Makes a channel. */
export async function addChannel(
  api: ApiClient,
  channel: { readonly id: string; readonly kind: string; readonly config: object },
): Promise<void> {
  const { status, body } = await api("POST", "/channels", { name: channel.id, ...channel });
  if (status !== 201) throw new Error(`The channel was not made: ${status} ${JSON.stringify(body)}`);
}

/** The newest run of a flow with its trace, once there is one that fits. */
export async function runOf(
  api: ApiClient,
  flow: string,
  fits: (run: RunSummary) => boolean = () => true,
): Promise<RunDetail> {
  const newest = async () =>
    (await api<Page<RunSummary>>("GET", `/flows/${flow}/runs`)).body.items.find(fits);
  const run = await eventually(newest, (found) => found !== undefined);
  return (await api<RunDetail>("GET", `/runs/${run?.id}`)).body;
}

/** A figure of `/metrics`, such as `millrace_broker_denied_total{action="publish"}`. */
export async function metric(api: ApiClient, series: string): Promise<number> {
  const { body } = await api<string>("GET", "/metrics");
  const line = body.split("\n").find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`There is no metric ${series}.`);
  return Number(line.slice(series.length));
}

/** Asks again until the answer fits; fails after `timeoutMs` with the last answer. */
export async function eventually<Value>(
  ask: () => Promise<Value>,
  fits: (value: Value) => boolean,
  timeoutMs = 10_000,
): Promise<Value> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (fits(value)) return value;
    if (performance.now() > endsAt)
      throw new Error(`It did not come about in ${timeoutMs} ms; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Waits for the next message that a client gets on a topic. */
export function nextMessage(client: MqttClient, topic: string, timeoutMs = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      client.off("message", onMessage);
      reject(new Error(`No message came on ${topic} within ${timeoutMs} ms.`));
    }, timeoutMs);
    function onMessage(at: string, payload: Buffer): void {
      if (at !== topic) return;
      clearTimeout(timer);
      client.off("message", onMessage);
      resolve(payload.toString());
    }
    client.on("message", onMessage);
  });
}
