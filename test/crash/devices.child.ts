// A process that holds many connections with a Last Will each, so that all of them can vanish at once.
import { type Introduction, openWire } from "./wire.ts";

/** What the process is told. */
export interface DevicesOrder {
  readonly port: number;
  /** They share these, one after the other. */
  readonly identities: readonly Pick<Introduction, "username" | "password">[];
  readonly count: number;
  readonly qos: 0 | 1;
}

/** One address of this computer may hold only so many connections. */
const PER_ADDRESS = 500;
/** Connections that may wait for their CONNACK at the same time. */
const AT_ONCE = 100;

const { port, identities, count, qos } = JSON.parse(process.argv[2] ?? "{}") as DevicesOrder;
let next = 0;

async function connectOneByOne(): Promise<void> {
  while (next < count) {
    const index = next++;
    const will = { topic: `gone/${index}`, payload: Buffer.from(String(index)), qos, retain: false };
    const from = `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}`;
    const identity = identities[index % identities.length]!;
    await openWire({ ...identity, port, clientId: `device${index}`, will, from });
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, connectOneByOne));
console.log("connected");
setInterval(() => {}, 1_000_000);
