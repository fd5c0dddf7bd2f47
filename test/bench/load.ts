import type net from "node:net";
import mqttPacket from "mqtt-packet";
import { connect, openMany, packetType, sourceOf, subscribe, type Place } from "./rawClient.ts";

/**
 * The load generator, in a process of its own: raw sockets and packets made beforehand. Prints one JSON line. The
 * messages alternate above and below a limit, so that a threshold sends each on.
 */
export interface LoadOrder extends Place {
  readonly publishTo: string;
  readonly listenTo: string;
  readonly messages: number;
  /** More than one: the messages go to so many topics below `publishTo`. */
  readonly topics: number;
  readonly publishers: number;
  /** 0: nobody listens, and PINGRESP tells how far the broker is. */
  readonly subscribers: number;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** The subscribers' sessions outlive their connections. */
  readonly isDurable: boolean;
  /** Messages a second; 0: as fast as a window of `windowMessages` unanswered ones lets it. */
  readonly perSecond: number;
  readonly windowMessages: number;
  /** Packets of one write. */
  readonly batch: number;
}

/** What the generator saw. */
export interface LoadResult {
  readonly sent: number;
  readonly received: number;
  readonly seconds: number;
  /** From the write to the arrival at a subscriber. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** QoS 1: from the write to the PUBACK. */
  readonly ackP50Ms: number;
  readonly ackP99Ms: number;
}

const HIGH = 31;
const LOW = 27;
const QUIET_MS = 3_000;
const PACKET_ID_MAX = 65_535;
const NUMBER_AT = '{"n":'.length;
/** Client ids of this run alone: one that comes back again and again would be taken for two that fight for it. */
const RUN = `bench-${process.pid}`;
const PINGREQ = Buffer.from([0xc0, 0]);
const ZERO = 0x30;
const COMMA = 0x2c;

const order = JSON.parse(process.argv[2] ?? "{}") as LoadOrder;
console.log(JSON.stringify(await run(order)));
process.exit(0);

async function run(plan: LoadOrder): Promise<LoadResult> {
  const { messages, windowMessages } = plan;
  const sentAt = new Float64Array(messages);
  const delays: number[] = [];
  const ackDelays: number[] = [];
  let sent = 0;
  let answered = 0;
  let onProgress = () => {};
  const subscribers = await openSubscribers(plan, (n) => {
    delays.push(performance.now() - (sentAt[n] ?? 0));
    onProgress();
  });
  const publishers = await openPublishers(plan, {
    acked(n) {
      ackDelays.push(performance.now() - (sentAt[n] ?? 0));
      onProgress();
    },
    answered() {
      answered = sent;
      onProgress();
    },
  });
  const packets = makePackets(plan);
  const startMs = performance.now();

  function sendUpTo(limit: number): void {
    while (sent < limit) {
      const end = Math.min(sent + plan.batch, limit);
      const publisher = publishers[Math.floor(sent / plan.batch) % publishers.length];
      // A partial chunk would move the packets that follow to another publisher.
      if (end - sent < plan.batch && end < messages) return;
      sentAt.fill(performance.now(), sent, end);
      publisher?.write(end - sent === 1 ? packets[sent]! : Buffer.concat(packets.slice(sent, end)));
      sent = end;
    }
  }

  function arrived(): number {
    const heard = plan.subscribers === 0 ? messages : Math.floor(delays.length / plan.subscribers);
    if (plan.qos === 1) return Math.min(heard, ackDelays.length);
    return plan.subscribers === 0 ? answered : heard;
  }

  await new Promise<void>((resolve) => {
    const quiet = setTimeout(resolve, QUIET_MS);
    const isAsking = plan.subscribers === 0 && plan.qos === 0;
    const goOn = (): void => {
      const before = sent;
      sendUpTo(Math.min(messages, arrived() + windowMessages));
      if (isAsking && sent > before) publishers[0]?.write(PINGREQ);
    };
    onProgress = () => {
      quiet.refresh();
      if (arrived() >= messages) resolve();
      else if (plan.perSecond === 0) goOn();
    };
    if (plan.perSecond === 0) return goOn();
    const tick = setInterval(() => {
      quiet.refresh();
      sendUpTo(Math.min(messages, Math.floor(((performance.now() - startMs) / 1_000) * plan.perSecond)));
      if (sent >= messages) clearInterval(tick);
    }, 1);
  });
  const seconds = (performance.now() - startMs) / 1_000;
  await forgetSessions(plan, subscribers);
  const [p50Ms, p99Ms] = quantiles(delays);
  const [ackP50Ms, ackP99Ms] = quantiles(ackDelays);
  const received = plan.subscribers === 0 ? arrived() : delays.length;
  return { sent, received, seconds, p50Ms, p99Ms, ackP50Ms, ackP99Ms };
}

function openSubscribers(plan: LoadOrder, onNumber: (n: number) => void): Promise<net.Socket[]> {
  return openMany(plan.subscribers, async (index) => {
    let acks: Buffer[] = [];
    const socket: net.Socket = await connect({
      ...plan,
      clientId: `${RUN}-sub-${index}`,
      clean: !plan.isDurable,
      from: sourceOf(index),
      onFrame(header, body) {
        if ((header & 0xf0) !== packetType.PUBLISH) return;
        const idAt = 2 + body.readUInt16BE(0);
        const isQos1 = (header & 0x06) !== 0;
        const isRetained = (header & 0x01) !== 0;
        // A retained message of an earlier run is none of this one.
        if (!isRetained) onNumber(numberIn(body, idAt + (isQos1 ? 2 : 0) + NUMBER_AT));
        if (!isQos1) return;
        acks.push(Buffer.from([packetType.PUBACK, 2, body[idAt] ?? 0, body[idAt + 1] ?? 0]));
        // One write answers all that this turn brought.
        if (acks.length > 1) return;
        setImmediate(() => {
          socket.write(Buffer.concat(acks));
          acks = [];
        });
      },
    });
    await subscribe(socket, [plan.listenTo], plan.qos);
    return socket;
  });
}

function openPublishers(
  plan: LoadOrder,
  on: { readonly acked: (n: number) => void; readonly answered: () => void },
): Promise<net.Socket[]> {
  return openMany(plan.publishers, (index) => {
    let acks = 0;
    return connect({
      ...plan,
      clientId: `${RUN}-pub-${index}`,
      onFrame(header) {
        if (header === packetType.PUBACK) on.acked(messageOf(plan, index, acks++));
        else if (header === packetType.PINGRESP) on.answered();
      },
    });
  });
}

/** Which message a publisher's n-th packet carries: the writes take turns, and acknowledgements keep the order. */
function messageOf({ batch, publishers }: LoadOrder, publisher: number, nth: number): number {
  return (Math.floor(nth / batch) * publishers + publisher) * batch + (nth % batch);
}

function makePackets({ messages, topics, publishTo, qos, retain }: LoadOrder): readonly Buffer[] {
  return Array.from({ length: messages }, (_, n) =>
    mqttPacket.generate({
      cmd: "publish",
      topic: topics > 1 ? `${publishTo}/${n % topics}` : publishTo,
      payload: payloadOf(n),
      qos,
      dup: false,
      retain,
      ...(qos === 1 && { messageId: (n % PACKET_ID_MAX) + 1 }),
    }),
  );
}

/** 64 bytes of JSON. */
function payloadOf(n: number): string {
  return `{"n":${n},"celsius":${n % 2 === 0 ? HIGH : LOW},"humidity":44.7,"`.padEnd(60, "x") + `":0}`;
}

function numberIn(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start; bytes[at] !== COMMA && at < bytes.length; at++)
    value = value * 10 + (bytes[at] ?? ZERO) - ZERO;
  return value;
}

async function forgetSessions(plan: LoadOrder, subscribers: readonly net.Socket[]): Promise<void> {
  if (!plan.isDurable) return;
  for (const [index, socket] of subscribers.entries()) {
    socket.destroy();
    await connect({ ...plan, clientId: `${RUN}-sub-${index}`, from: sourceOf(index) });
  }
}

function quantiles(values: readonly number[]): readonly [p50: number, p99: number] {
  const sorted = Float64Array.from(values).toSorted();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return [at(0.5), at(0.99)];
}
