import { createServer } from "node:http";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { createBroker, type AclRule, type Arrival, type Broker, type BrokerOptions } from "../broker.ts";
import type { Identity, Refusal } from "../access.ts";
import type { SessionChange } from "../connections.ts";
import { portOf } from "../tcpListener.ts";
import { createMemoryStorage } from "./memoryStorage.ts";
import { createRawClient, type RawClient, type RawClientOptions } from "./rawClient.ts";

/** A running broker with everything a test looks at. */
export interface TestBroker {
  readonly broker: Broker;
  readonly port: number;
  readonly webSocketUrl: string;
  readonly arrivals: Arrival[];
  readonly changes: SessionChange[];
  readonly logged: { readonly details: object; readonly text: string }[];
  /** Rules by user; a user without an entry is unknown. Everything is allowed by default. */
  readonly rules: Map<string | undefined, readonly AclRule[]>;
  connect(options?: IClientOptions): Promise<MqttClient>;
  /** Not yet connected, for listeners that must be there first. */
  client(options?: IClientOptions): MqttClient;
  raw(options: Omit<RawClientOptions, "port">): RawClient;
  /** Resolves with the first arrival, past or future, that fits. */
  arrival(fits: (arrival: Arrival) => boolean): Promise<Arrival>;
  change(fits: (change: SessionChange) => boolean): Promise<SessionChange>;
  stop(): Promise<void>;
}

/** Lets everyone do everything. */
export const everything: readonly AclRule[] = [{ effect: "allow", action: "both", filter: "#" }];

/** Starts a broker on free ports of the loopback. */
export async function startTestBroker(options: Partial<BrokerOptions> = {}): Promise<TestBroker> {
  const rules = new Map<string | undefined, readonly AclRule[]>([[undefined, everything]]);
  const logged: TestBroker["logged"] = [];
  const log = (details: object, text: string): void => void logged.push({ details, text });
  const current = (user: string | undefined): Identity | undefined => {
    const known = rules.get(user);
    return known === undefined ? undefined : { user, rules: known };
  };
  const broker = createBroker({
    access: {
      current,
      async authenticate({ username, password }): Promise<Identity | Refusal> {
        const identity = current(username);
        if (identity === undefined) return { refused: "credentials", reason: "unknown-device" };
        if (username !== undefined && password?.toString() !== "secret") {
          return { refused: "credentials", reason: "wrong-token" };
        }
        return identity;
      },
    },
    tcp: { host: "127.0.0.1", port: 0 },
    storage: createMemoryStorage(),
    bootId: "boot",
    now: Date.now,
    schedule(run, delayMs) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
    log: { info: log, warn: log, error: log },
    ...options,
  });
  const arrivals = createRecord<Arrival>((listener) => broker.onMessage(listener));
  const changes = createRecord<SessionChange>((listener) => broker.onSession(listener));
  const { tcpPort = 0 } = await broker.start();
  const http = createServer().on("upgrade", (request, socket, head) =>
    broker.handleUpgrade(request, socket, head),
  );
  await new Promise<void>((resolve) => {
    http.listen(0, "127.0.0.1", resolve);
  });
  const clients: MqttClient[] = [];
  const raws: RawClient[] = [];

  function client(clientOptions: IClientOptions = {}): MqttClient {
    const created = connect({ port: tcpPort, host: "127.0.0.1", reconnectPeriod: 0, ...clientOptions });
    created.on("error", () => {});
    clients.push(created);
    return created;
  }

  return {
    broker,
    port: tcpPort,
    webSocketUrl: `ws://127.0.0.1:${portOf(http)}/mqtt`,
    arrivals: arrivals.all,
    changes: changes.all,
    logged,
    rules,
    arrival: arrivals.find,
    change: changes.find,
    client,
    async connect(clientOptions) {
      const connecting = client(clientOptions);
      await new Promise((resolve, reject) => {
        connecting.once("connect", resolve).once("error", reject);
        connecting.once("close", () => reject(new Error("The connection was closed.")));
      });
      return connecting;
    },
    raw(rawOptions) {
      const created = createRawClient({ port: tcpPort, ...rawOptions });
      raws.push(created);
      return created;
    },
    async stop() {
      await broker.stop();
      for (const each of clients) each.end(true);
      for (const { socket } of raws) socket.destroy();
      http.close();
    },
  };
}

function createRecord<T>(listen: (listener: (item: T) => void) => void) {
  const all: T[] = [];
  const waiting = new Set<(item: T) => void>();
  listen((item) => {
    all.push(item);
    for (const check of waiting) check(item);
  });
  return {
    all,
    find: (fits: (item: T) => boolean): Promise<T> => {
      const known = all.find(fits);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise((resolve) => {
        const check = (item: T): void => {
          if (!fits(item)) return;
          waiting.delete(check);
          resolve(item);
        };
        waiting.add(check);
      });
    },
  };
}

/** Waits for an event of a client. */
export function happened(client: MqttClient, event: "connect" | "message" | "close"): Promise<unknown[]> {
  return new Promise((resolve) => {
    client.once(event, (...details: unknown[]) => resolve(details));
  });
}

/** Does something several times, one after the other. */
export function inTurn(count: number, act: (index: number) => Promise<unknown>): Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  for (let index = 0; index < count; index++) last = last.then(() => act(index));
  return last;
}
