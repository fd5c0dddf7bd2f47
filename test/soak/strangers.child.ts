// A process that floods a hub with connections that never become clients, and tells how long they lived.
import { connect } from "node:net";
import { generate } from "mqtt-packet";

/** What the process is told. */
export interface StrangersOrder {
  readonly port: number;
  readonly count: number;
}

/** What came of it. */
export interface StrangersReport {
  readonly openMs: number;
  /** How long the longest lived. */
  readonly longestMs: number;
  /** Connections that were open at the same time. */
  readonly most: number;
  /** Connections that the hub did not end at all. */
  readonly forgotten: number;
}

const PER_ADDRESS = 250;
/** Connections that are being opened at the same time: fewer than wait in the queue of a listener. */
const AT_ONCE = 200;
/** Longer than any may take; what is left then never ends. */
const GIVE_UP_MS = 90_000;

const { port, count } = JSON.parse(process.argv[2] ?? "{}") as StrangersOrder;
const hello = generate({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  keepalive: 0,
  clientId: "stranger",
  username: "nobody",
  password: Buffer.from("wrong"),
});
/** Silent, stopped in the middle of a CONNECT, and wrong credentials. */
const greetings = [Buffer.alloc(0), hello.subarray(0, hello.length / 2), hello];

let open = 0;
let most = 0;
let longestMs = 0;
let forgotten = 0;
let next = 0;
const startedAt = performance.now();
const ends: Promise<void>[] = [];
await Promise.all(Array.from({ length: AT_ONCE }, openOneByOne));
const openMs = performance.now() - startedAt;
await Promise.all(ends);
const report: StrangersReport = { openMs, longestMs, most, forgotten };
console.log(JSON.stringify(report));

async function openOneByOne(): Promise<void> {
  while (next < count) await openOne(next++);
}

function openOne(index: number): Promise<void> {
  const from = `127.0.1.${1 + Math.floor(index / PER_ADDRESS)}`;
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  let begunAt = performance.now();
  socket.on("error", () => {});
  socket.resume();
  const patience = setTimeout(() => {
    forgotten++;
    socket.destroy();
  }, GIVE_UP_MS);
  ends.push(
    new Promise((resolve) => {
      socket.once("close", () => {
        open--;
        clearTimeout(patience);
        longestMs = Math.max(longestMs, performance.now() - begunAt);
        resolve();
      });
    }),
  );
  open++;
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.once("connect", () => {
      begunAt = performance.now();
      most = Math.max(most, open);
      socket.write(greetings[index % greetings.length]!);
      resolve();
    });
  });
}
