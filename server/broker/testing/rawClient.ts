import { connect, type Socket } from "node:net";
import { generate, parser, type IPublishPacket, type Packet } from "mqtt-packet";

/** The packets of one type. */
export type PacketOf<C extends Packet["cmd"]> = Packet & { readonly cmd: C };

/** How a raw client connects. */
export interface RawClientOptions {
  readonly port: number;
  readonly clientId: string;
  readonly username?: string;
  readonly clean?: boolean;
  readonly keepalive?: number;
  readonly will?: { topic: string; payload: string; qos?: 0 | 1 | 2; retain?: boolean };
  /** False withholds all acknowledgements. @default true */
  readonly acknowledges?: boolean;
  /** False sends no CONNECT. @default true */
  readonly connects?: boolean;
}

/** A client that does what client libraries hide: several packets in one segment, no acks, a frozen socket. */
export interface RawClient {
  readonly socket: Socket;
  readonly packets: Packet[];
  /** Writes all packets as one segment. */
  send(...packets: Packet[]): void;
  /** The first packet, past or future, that fits. */
  next<C extends Packet["cmd"]>(cmd: C, fits?: (packet: PacketOf<C>) => boolean): Promise<PacketOf<C>>;
  subscribe(filter: string, qos?: 0 | 1 | 2): Promise<number>;
  readonly closed: Promise<void>;
  publishes(): IPublishPacket[];
}

/** Opens a raw client. */
export function createRawClient(options: RawClientOptions): RawClient {
  const { port, clientId, username, clean = true, keepalive = 0, will, acknowledges = true } = options;
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const packets: Packet[] = [];
  const waiting = new Set<(packet: Packet) => void>();
  const stream = parser({ protocolVersion: 4 });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  let lastId = 100;
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => stream.parse(chunk));
  stream.on("packet", (packet: Packet) => {
    packets.push(packet);
    if (acknowledges) for (const answer of acknowledgement(packet)) send(answer);
    for (const check of waiting) check(packet);
  });

  function send(...sent: Packet[]): void {
    if (!socket.destroyed) socket.write(Buffer.concat(sent.map((packet) => generate(packet))));
  }

  const client: RawClient = {
    socket,
    packets,
    send,
    closed,
    next<C extends Packet["cmd"]>(cmd: C, fits: (packet: PacketOf<C>) => boolean = () => true) {
      const has = (packet: Packet): packet is PacketOf<C> => packet.cmd === cmd;
      const isWanted = (packet: Packet): packet is PacketOf<C> => has(packet) && fits(packet);
      const known = packets.find(isWanted);
      if (known !== undefined) return Promise.resolve(known);
      return new Promise<PacketOf<C>>((resolve) => {
        const check = (packet: Packet): void => {
          if (!isWanted(packet)) return;
          waiting.delete(check);
          resolve(packet);
        };
        waiting.add(check);
      });
    },
    async subscribe(filter, qos = 0) {
      const messageId = ++lastId;
      send({ cmd: "subscribe", messageId, subscriptions: [{ topic: filter, qos }] });
      const { granted } = await client.next("suback", (packet) => packet.messageId === messageId);
      return Number(granted[0]);
    },
    publishes: () => packets.filter((packet) => packet.cmd === "publish"),
  };
  if (options.connects !== false) {
    send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean,
      clientId,
      keepalive,
      ...(username === undefined ? {} : { username, password: Buffer.from("secret") }),
      ...(will === undefined ? {} : { will }),
    });
  }
  return client;
}

/** A PUBLISH packet. */
export function publishPacket(
  topic: string,
  payload: string,
  { qos = 0, retain = false, messageId }: { qos?: 0 | 1 | 2; retain?: boolean; messageId?: number } = {},
): IPublishPacket {
  return {
    cmd: "publish",
    topic,
    payload,
    qos,
    retain,
    dup: false,
    ...(messageId === undefined ? {} : { messageId }),
  };
}

function acknowledgement(packet: Packet): Packet[] {
  const { messageId = 0 } = packet;
  if (packet.cmd === "publish" && packet.qos === 1) return [{ cmd: "puback", messageId }];
  if (packet.cmd === "publish" && packet.qos === 2) return [{ cmd: "pubrec", messageId }];
  if (packet.cmd === "pubrec") return [{ cmd: "pubrel", messageId }];
  if (packet.cmd === "pubrel") return [{ cmd: "pubcomp", messageId }];
  return [];
}
