import net from "node:net";
import mqttPacket from "mqtt-packet";

/**
 * The load generator, in a process of its own: publishers with raw sockets and packets made beforehand, and one
 * subscriber. Prints one JSON line. The messages alternate above and below a limit, so that a threshold sends each on.
 */
export interface LoadOrder {
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
  readonly publishTo: string;
  readonly listenTo: string;
  readonly messages: number;
  readonly publishers: number;
  /** Messages a second; 0: as fast as a window of `windowMessages` unanswered ones lets it. */
  readonly perSecond: number;
  readonly windowMessages: number;
  /** Packets of one write. */
  readonly batch: number;
}

export interface LoadResult {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const HIGH = 31;
const LOW = 27;
const QUIET_MS = 2_000;

const order = JSON.parse(process.argv[2] ?? "{}") as LoadOrder;
console.log(JSON.stringify(await run(order)));
process.exit(0);

async function run(plan: LoadOrder): Promise<LoadResult> {
  const { messages, publishers: count } = plan;
  const sentAt = new Float64Array(messages);
  const delays: number[] = [];
  let onProgress = () => {};
  const subscriber = await connect(plan, "bench-sub", (packet) => {
    if (packet.cmd !== "publish") return;
    const now = performance.now();
    const text = packet.payload.toString();
    delays.push(now - (sentAt[Number(text.slice(text.indexOf('"n":') + 4, text.indexOf(",")))] ?? now));
    onProgress();
  });
  await subscribe(subscriber, plan.listenTo);
  const publishers = await Promise.all(
    Array.from({ length: count }, (_, index) => connect(plan, `bench-pub-${index}`, () => {})),
  );
  const packets = Array.from({ length: messages }, (_, n) =>
    mqttPacket.generate({
      cmd: "publish",
      topic: plan.publishTo,
      payload: payloadOf(n),
      qos: 0,
      dup: false,
      retain: false,
    }),
  );
  const startMs = performance.now();
  let sent = 0;
  const sendUpTo = (limit: number) => {
    while (sent < limit) {
      const end = Math.min(sent + plan.batch, limit);
      const chunk = packets.slice(sent, end);
      const now = performance.now();
      // Over one connection, the threshold sees the values in order and sends each on.
      publishers[Math.floor(sent / plan.batch) % count]?.write(
        chunk.length === 1 ? chunk[0]! : Buffer.concat(chunk),
      );
      sentAt.fill(now, sent, end);
      sent = end;
    }
  };
  await new Promise<void>((resolve) => {
    let quiet = setTimeout(resolve, QUIET_MS);
    onProgress = () => {
      quiet.refresh();
      if (delays.length >= messages) resolve();
      else if (plan.perSecond === 0) sendUpTo(Math.min(messages, delays.length + plan.windowMessages));
    };
    if (plan.perSecond === 0) return sendUpTo(Math.min(messages, plan.windowMessages));
    const tick = setInterval(() => {
      quiet = quiet.refresh();
      sendUpTo(Math.min(messages, Math.floor(((performance.now() - startMs) / 1_000) * plan.perSecond)));
      if (sent >= messages) clearInterval(tick);
    }, 1);
  });
  const seconds = (performance.now() - startMs) / 1_000;
  const sorted = Float64Array.from(delays).toSorted();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { sent, received: delays.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** 64 bytes of JSON. */
function payloadOf(n: number): string {
  return `{"n":${n},"celsius":${n % 2 === 0 ? HIGH : LOW},"humidity":44.7,"`.padEnd(60, "x") + `":0}`;
}

function connect(
  plan: LoadOrder,
  clientId: string,
  onPacket: (packet: mqttPacket.Packet) => void,
): Promise<net.Socket> {
  const socket = net.connect({ port: plan.port, host: "127.0.0.1", noDelay: true });
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  socket.on("data", (chunk: Buffer) => parser.parse(chunk));
  const { username, password } = plan;
  socket.write(
    mqttPacket.generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: true,
      keepalive: 0,
      clientId,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Buffer.from(password) }),
    }),
  );
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    parser.on("packet", (packet) => {
      if (packet.cmd !== "connack") return onPacket(packet);
      if (packet.returnCode === 0) resolve(socket);
      else reject(new Error(`The broker refused the load generator with code ${packet.returnCode}.`));
    });
  });
}

function subscribe(socket: net.Socket, topic: string): Promise<void> {
  socket.write(mqttPacket.generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 0 }] }));
  return new Promise((resolve) => socket.once("data", () => resolve()));
}
