import type { IClientOptions, MqttClient } from "mqtt";
import type { FlowDocument } from "#flows/flow.ts";
import { demoFlows } from "./demoFlows.ts";
import { type Simulation, simulations } from "./simulations.ts";

/** What the demo needs of the hub. */
export interface DemoParts {
  /** A simulated device's credentials; makes the device when it is not there. */
  readonly credentialsFor: (device: {
    readonly name: string;
    readonly area: string;
  }) => Promise<{ readonly id: string; readonly username: string; readonly password: string }>;
  /** Creates and deploys a flow, unless there is one of its id. */
  readonly addFlow: (flow: FlowDocument) => Promise<void>;
  readonly mqttPort: () => number;
  readonly now: () => number;
  readonly random: () => number;
  readonly log: { warn(details: object, message: string): void };
}

type Connect = (url: string, options: IClientOptions) => MqttClient;

/** Simulated devices with real MQTT connections, and two running flows. */
export interface Demo {
  start(): Promise<void>;
  stop(): void;
}

/** Nothing happens before `start`. */
export function createDemo(parts: DemoParts): Demo {
  const stops: (() => void)[] = [];
  return {
    async start() {
      // Loaded for the demo alone: it takes 20 MB.
      const { default: mqtt } = await import("mqtt");
      for (const flow of demoFlows) await parts.addFlow(flow);
      for (const simulation of simulations) {
        const credentials = await parts.credentialsFor(simulation);
        stops.push(simulate(simulation, credentials, { ...parts, connect: mqtt.connect }));
      }
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

/** Runs one device until it is stopped. */
function simulate(
  simulation: Simulation,
  { id, username, password }: Awaited<ReturnType<DemoParts["credentialsFor"]>>,
  { connect, mqttPort, now, random, log }: DemoParts & { readonly connect: Connect },
): () => void {
  const { availability, dropsOff, everyMs } = simulation;
  const startMs = now();
  const noise = () => random() * 2 - 1;
  const timers = new Set<NodeJS.Timeout>();
  let client: MqttClient | undefined;

  const later = (run: () => void, delayMs: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, delayMs);
    timers.add(timer);
  };

  function come(): void {
    const coming = connect(`mqtt://127.0.0.1:${mqttPort()}`, {
      clientId: id,
      username,
      password,
      will: { topic: availability, payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    client = coming;
    coming.on("connect", () => coming.publish(availability, "online", { qos: 1, retain: true }));
    coming.on("error", (error) =>
      log.warn({ err: error, device: id }, "A simulated device has trouble with its connection."),
    );
    if (dropsOff !== undefined) later(drop, dropsOff.afterMs);
  }

  /** The network is gone: no DISCONNECT, so the hub publishes the Last Will. */
  function drop(): void {
    client?.stream.destroy();
    client?.end(true);
    client = undefined;
    later(come, dropsOff?.forMs ?? 0);
  }

  function speak(): void {
    for (const { topic, payload } of simulation.messages((now() - startMs) / 1_000, noise))
      if (client?.connected === true) client.publish(topic, payload);
  }

  come();
  const ticking = setInterval(speak, everyMs);
  return () => {
    clearInterval(ticking);
    for (const timer of timers) clearTimeout(timer);
    client?.end(true);
  };
}
