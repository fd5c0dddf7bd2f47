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
}

const PER_ADDRESS = 250;

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
const startedAt = performance.now();
const ends: Promise<void>[] = [];
await Promise.all(Array.from({ length: count }, (_, index) => openOne(index)));
const openMs = performance.now() - startedAt;
await Promise.all(ends);
const report: StrangersReport = { openMs, longestMs, most };
console.log(JSON.stringify(report));

function openOne(index: number): Promise<void> {
  const from = `127.0.1.${1 + Math.floor(index / PER_ADDRESS)}`;
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  const begunAt = performance.now();
  socket.on("error", () => {});
  socket.resume();
  ends.push(
    new Promise((resolve) => {
      socket.once("close", () => {
        open--;
        longestMs = Math.max(longestMs, performance.now() - begunAt);
        resolve();
      });
    }),
  );
  open++;
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.once("connect", () => {
      most = Math.max(most, open);
      socket.write(greetings[index % greetings.length]!);
      resolve();
    });
  });
}
