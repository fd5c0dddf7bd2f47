import { addDevice, removeFolder, signIn, startHub } from "../hub/hubProcess.ts";
import { type Introduction, type Wire, openWire, subscribeOn } from "./wire.ts";

/** What became of the Last Wills of devices that were connected when the hub was killed. */
export interface WillsOverCrash {
  /** Wills in the order they came, by name of the device, and how long after the hub was ready again. */
  readonly afterCrash: readonly { readonly name: string; readonly atMs: number }[];
  /** After yet another crash, once the grace was over. */
  readonly afterSecondCrash: readonly string[];
}

/** Devices that stay away, that come back, and that had said goodbye; `graceMs` is how long the hub waits for them. */
export interface WillsPlan {
  readonly perKind: number;
  readonly graceMs: number;
  readonly environment?: Readonly<Record<string, string>>;
}

type Identity = Pick<Introduction, "username" | "password">;

/** So long after the grace whoever waits for a will may give up. */
const LATE_MS = 3_000;

/** B24: kills the hub twice; `stays0` ... are gone for good, `returns0` ... come back after the first time. */
export async function crashWithWills({ perKind, graceMs, ...options }: WillsPlan): Promise<WillsOverCrash> {
  const names = (kind: string) => Array.from({ length: perKind }, (_, index) => `${kind}${index}`);
  let hub = await startHub(options);
  const { folder } = hub;
  try {
    const identity = await addDevice(await signIn(hub), "Devices");
    await (await openWitness(hub.mqttPort, identity, () => {})).leave();
    for (const name of [...names("stays"), ...names("returns")]) await connect(name, identity, hub.mqttPort);
    for (const name of names("leaves")) await sayGoodbye(await connect(name, identity, hub.mqttPort));
    await allOnDisk(identity, hub.mqttPort);
    await hub.stop("SIGKILL");

    hub = await startHub({ ...options, folder });
    const readyAt = performance.now();
    const afterCrash: { readonly name: string; readonly atMs: number }[] = [];
    const witness = await openWitness(hub.mqttPort, identity, (name) =>
      afterCrash.push({ name, atMs: performance.now() - readyAt }),
    );
    const returned: Wire[] = [];
    for (const name of names("returns")) returned.push(await connect(name, identity, hub.mqttPort));
    await sleep(graceMs + LATE_MS);
    for (const wire of returned) await sayGoodbye(wire);
    await witness.leave();
    await allOnDisk(identity, hub.mqttPort);
    await hub.stop("SIGKILL");

    hub = await startHub({ ...options, folder });
    const afterSecondCrash: string[] = [];
    await openWitness(hub.mqttPort, identity, (name) => afterSecondCrash.push(name));
    await sleep(graceMs + LATE_MS);
    return { afterCrash, afterSecondCrash };
  } finally {
    await hub.stop("SIGKILL");
    removeFolder(folder);
  }
}

function connect(name: string, identity: Identity, port: number): Promise<Wire> {
  const will = { topic: `gone/${name}`, payload: Buffer.from(name), qos: 1, retain: false } as const;
  return openWire({ ...identity, port, clientId: name, will });
}

/** Nothing answers a DISCONNECT; but a CONNACK for a new session comes only after all that was noted before it. */
async function allOnDisk(identity: Identity, port: number): Promise<void> {
  await openWire({ ...identity, port, clientId: "barrier", clean: false });
}

async function sayGoodbye({ send, socket, closed }: Wire): Promise<void> {
  send({ cmd: "disconnect" });
  socket.end();
  await closed;
}

interface Witness {
  leave(): Promise<void>;
}

/** Its session outlives the hub, so it misses no will. */
async function openWitness(
  port: number,
  identity: Identity,
  onWill: (name: string) => void,
): Promise<Witness> {
  const owed: number[] = [];
  let wire: Wire | undefined;
  const answer = () => {
    for (const messageId of owed.splice(0)) wire?.send({ cmd: "puback", messageId });
  };
  wire = await openWire({ ...identity, port, clientId: "witness", clean: false }, (packet) => {
    if (packet.cmd !== "publish") return;
    onWill(packet.payload.toString());
    owed.push(packet.messageId ?? 0);
    answer();
  });
  answer();
  await subscribeOn(wire, "gone/#", 1);
  const opened = wire;
  return { leave: () => sayGoodbye(opened) };
}

function sleep(spanMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, spanMs);
  });
}
