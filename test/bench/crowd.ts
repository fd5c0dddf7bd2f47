import { createInterface } from "node:readline";
import { connect, openMany, sourceOf, subscribe, type Credentials } from "./rawClient.ts";

/** Connections that stay and do nothing; each line on standard input asks for more of them. */
export interface CrowdOrder {
  readonly port: number;
  /** The clients take them in turn. */
  readonly users: readonly Credentials[];
  readonly count: number;
  /** Each client subscribes to a topic of its own with QoS 1. */
  readonly subscribes: boolean;
}

let total = 0;

for await (const line of createInterface({ input: process.stdin })) {
  const { port, users, count, subscribes } = JSON.parse(line) as CrowdOrder;
  const before = total;
  const sockets = await openMany(count, async (index) => {
    const n = before + index;
    const user = users[n % users.length];
    const socket = await connect({ port, ...user, clientId: `crowd-${process.pid}-${n}`, from: sourceOf(n) });
    if (subscribes) await subscribe(socket, [`crowd/${n}/set`], 1);
    return socket;
  });
  total += sockets.length;
  console.log(total);
}
process.exit(0);
