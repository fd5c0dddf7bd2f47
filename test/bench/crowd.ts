import { createInterface } from "node:readline";
import { connect, openMany, sourceOf, subscribe, type Place } from "./rawClient.ts";

/** Connections that stay and do nothing; each line on standard input asks for more of them. */
export interface CrowdOrder extends Place {
  readonly count: number;
  /** Each client subscribes to a topic of its own with QoS 1. */
  readonly subscribes: boolean;
}

let total = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const { count, subscribes, ...place } = JSON.parse(line) as CrowdOrder;
  const before = total;
  const sockets = await openMany(count, async (index) => {
    const clientId = `crowd-${before + index}`;
    const socket = await connect({ ...place, clientId, from: sourceOf(before + index) });
    if (subscribes) await subscribe(socket, [`crowd/${before + index}/set`], 1);
    return socket;
  });
  total += sockets.length;
  console.log(total);
}
process.exit(0);
