import type { Packet } from "mqtt-packet";
import type { Random } from "./random.ts";
import { type Introduction, type Wire, openWire } from "./wire.ts";

/** What a publisher does without a hub around it. */
export interface PublisherOptions {
  readonly name: string;
  readonly identity: Pick<Introduction, "username" | "password">;
  readonly random: Random;
  /** Messages of QoS 1 and 2 that may wait for an answer. */
  readonly windowMessages: number;
  /** Hears of each message that the hub answered for. */
  readonly onAcked: () => void;
}

/**
 * A publisher that keeps the rules of MQTT over a crash of the hub: what was not acknowledged is sent again, in order,
 * and nothing else is. Its messages are numbers: 1, 2, 3 ..., on `load/NAME`, some retained on `load/NAME/state`.
 */
export interface Publisher {
  readonly name: string;
  /** Numbers the hub has answered for, with PUBACK or PUBREC: from then on it must not lose them. */
  readonly acked: ReadonlySet<number>;
  /** Numbers sent with QoS 2, which may arrive only once. */
  readonly exact: ReadonlySet<number>;
  readonly lastSent: number;
  readonly lastAckedState: number;
  readonly lastSentState: number;
  /** Takes up its session; what is open goes out again. */
  connect(port: number): Promise<void>;
  /** So many more messages may go out. */
  allow(messages: number): void;
  /** Resolves once everything allowed so far is acknowledged. */
  settled(): Promise<void>;
  /** Resolves when the connection has ended and everything that came over it is counted. */
  closed(): Promise<void>;
  end(): void;
}

interface Open {
  readonly number: number;
  readonly packet: Packet & { readonly cmd: "publish" };
  isReceived: boolean;
}

const PACKET_ID_MAX = 65_535;
const STATE_EVERY = 10;
const QOS_2_SHARE = 0.4;
const PAYLOAD_BYTES = 64;

/** Creates a publisher that is not connected. */
export function createPublisher(options: PublisherOptions): Publisher {
  const { name, random, identity } = options;
  const acked = new Set<number>();
  const exact = new Set<number>();
  /** In order of sending. */
  const open = new Map<number, Open>();
  let wire: Wire | undefined;
  let lastSent = 0;
  let lastPacketId = 0;
  let allowed = 0;
  let lastAckedState = 0;
  let lastSentState = 0;
  let onSettled = () => {};

  function next(): Packet {
    lastSent++;
    const isState = lastSent % STATE_EVERY === 0;
    const qos = !isState && random.chance(QOS_2_SHARE) ? 2 : 1;
    if (isState) lastSentState = lastSent;
    if (qos === 2) exact.add(lastSent);
    do lastPacketId = (lastPacketId % PACKET_ID_MAX) + 1;
    while (open.has(lastPacketId));
    const packet = {
      cmd: "publish",
      topic: isState ? `load/${name}/state` : `load/${name}`,
      payload: String(lastSent).padEnd(PAYLOAD_BYTES),
      qos,
      retain: isState,
      dup: false,
      messageId: lastPacketId,
    } as const;
    open.set(lastPacketId, { number: lastSent, packet, isReceived: false });
    return packet;
  }

  function fill(): void {
    if (wire === undefined) return;
    const packets: Packet[] = [];
    while (lastSent < allowed && open.size < options.windowMessages) packets.push(next());
    if (packets.length > 0) wire.send(...packets);
    if (lastSent === allowed && open.size === 0) onSettled();
  }

  function accept(number: number): void {
    if (acked.has(number)) return;
    acked.add(number);
    if (number % STATE_EVERY === 0) lastAckedState = Math.max(lastAckedState, number);
    options.onAcked();
  }

  function onPacket(packet: Packet): void {
    const { messageId = 0 } = packet;
    const about = open.get(messageId);
    if (about === undefined) return;
    if (packet.cmd === "pubrec") {
      about.isReceived = true;
      accept(about.number);
      wire?.send({ cmd: "pubrel", messageId });
    } else if (packet.cmd === "puback" || packet.cmd === "pubcomp") {
      open.delete(messageId);
      accept(about.number);
      fill();
    }
  }

  function repeat(to: Wire): void {
    const again = [...open].map(([messageId, { packet, isReceived }]): Packet =>
      isReceived ? { cmd: "pubrel", messageId } : { ...packet, dup: true },
    );
    if (again.length > 0) to.send(...again);
  }

  return {
    name,
    acked,
    exact,
    get lastSent() {
      return lastSent;
    },
    get lastAckedState() {
      return lastAckedState;
    },
    get lastSentState() {
      return lastSentState;
    },
    async connect(port) {
      const opened = await openWire({ ...identity, port, clientId: name, clean: false }, onPacket);
      wire = opened;
      void opened.closed.then(() => (wire = undefined));
      repeat(opened);
      fill();
    },
    allow(messages) {
      allowed += messages;
      fill();
    },
    settled() {
      return new Promise((resolve) => {
        onSettled = resolve;
        fill();
      });
    },
    closed: async () => wire?.closed,
    end() {
      wire?.send({ cmd: "disconnect" });
      wire?.socket.end();
    },
  };
}
