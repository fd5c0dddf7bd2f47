import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { addDevice, removeFolder, signIn, startHub, type HubProcess } from "../hub/hubProcess.ts";
import type { Credentials, Place } from "./rawClient.ts";

/** A broker in a process of its own. */
export interface Target {
  readonly name: string;
  readonly pid: number;
  readonly place: Place;
  /** Where the messages of a load come out, when that is elsewhere. */
  readonly listenTo?: string;
  /** For a crowd: as many users as a hub may have. */
  readonly users: readonly Credentials[];
  /** What the process says about itself, after a garbage collection; `undefined` when it cannot. */
  probe(): Promise<Probe | undefined>;
  stop(): Promise<void>;
}

/** Bytes, and how long the event loop stood still at most since the last question. */
export interface Probe {
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
  readonly longestBlockMs: number;
}

/** The hub as a target. */
export interface HubTarget extends Target {
  readonly hub: HubProcess;
}

/** True for the hub. */
export function isHubTarget(target: Target | undefined): target is HubTarget {
  return target !== undefined && "hub" in target;
}

/** One user stands for a whole house here, and the machine is the only bound of its rate. */
const LIMITS = [
  "connectionsPerUser=5000",
  "messagesPerSecond=1000000",
  "bytesPerSecond=1073741824",
  "connectsPerSecond=100000",
  "connectsPerSecondFromLoopback=100000",
];
const DEVICES = 200;
const DEVICES_AT_ONCE = 20;

/** A hub with devices, on a folder of its own or on the one given, which then stays. */
export async function startHubTarget(folder?: string): Promise<HubTarget> {
  const probe = createProbe();
  const args = ["--limit", LIMITS.join(",")];
  const hub = await startHub({
    args,
    nodeOptions: probe.nodeOptions,
    ...(folder !== undefined && { folder }),
  });
  const users = await addDevices(hub);
  return {
    name: "hub",
    hub,
    pid: hub.pid,
    place: { port: hub.mqttPort, ...users[0] },
    users,
    probe: probe.ask,
    async stop() {
      await hub.stop();
      probe.remove();
      if (folder === undefined) removeFolder(hub.folder);
    },
  };
}

/** The yardstick. */
export async function startBareTarget(): Promise<Target> {
  const probe = createProbe();
  const child = spawn(process.execPath, [...probe.nodeOptions, "test/bench/bareAedes.mjs"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const place = JSON.parse(text.toString()) as Place;
  return {
    name: "bare aedes",
    pid: child.pid ?? 0,
    place,
    users: [{}],
    probe: probe.ask,
    async stop() {
      await end(child);
      probe.remove();
    },
  };
}

/** The broker most people know, when this computer has it. */
export async function startMosquittoTarget(): Promise<Target | undefined> {
  const program = ["mosquitto", "/usr/sbin/mosquitto"].find(
    (path) => spawnSync(path, ["-h"]).error === undefined,
  );
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const config = join(folder, "mosquitto.conf");
  const port = await freePort();
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence false",
    "set_tcp_nodelay true",
    "max_queued_messages 0",
    "log_type none",
  ];
  writeFileSync(config, lines.join("\n"));
  const child = spawn(program, ["-c", config], { stdio: "ignore" });
  await listening(port);
  return {
    name: "mosquitto",
    pid: child.pid ?? 0,
    place: { port },
    users: [{}],
    probe: async () => undefined,
    async stop() {
      await end(child);
      removeFolder(folder);
    },
  };
}

async function addDevices(hub: HubProcess): Promise<readonly Credentials[]> {
  const api = await signIn(hub);
  const users: Credentials[] = [];
  while (users.length < DEVICES) {
    const some = Array.from({ length: DEVICES_AT_ONCE }, (_, n) =>
      addDevice(api, `Bench ${users.length + n}`),
    );
    for (const { username, password } of await Promise.all(some)) users.push({ username, password });
  }
  return users;
}

function createProbe() {
  const folder = mkdtempSync(join(tmpdir(), "millrace-probe-"));
  const path = join(folder, "socket");
  const module = pathToFileURL("test/bench/probe.mjs");
  module.searchParams.set("socket", path);
  return {
    nodeOptions: ["--expose-gc", "--import", module.href],
    async ask(): Promise<Probe> {
      const socket = net.connect(path);
      let text = "";
      for await (const chunk of socket) text += String(chunk);
      return JSON.parse(text) as Probe;
    },
    remove: () => removeFolder(folder),
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill();
  await once(child, "exit");
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function listening(port: number, attempts = 100): Promise<void> {
  const socket = net.connect(port, "127.0.0.1");
  const isOpen = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (isOpen) return;
  if (attempts === 0) throw new Error(`Nothing listens on port ${port}.`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await listening(port, attempts - 1);
}
