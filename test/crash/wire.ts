import { type Socket, connect } from "node:net";
import { type IConnackPacket, type IConnectPacket, type Packet, generate, parser } from "mqtt-packet";

/** How a client introduces itself. */
export interface Introduction {
  readonly port: number;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  /** False keeps the session. @default true */
  readonly clean?: boolean;
  readonly will?: NonNullable<IConnectPacket["will"]>;
  /** The address of this computer to come from. */
  readonly from?: string;
}

/** One connection, packet by packet: what a client library would hide, a test of losses must see. */
export interface Wire {
  readonly socket: Socket;
  /** Its packets leave as one segment; nothing happens once it is closed. */
  send(...packets: readonly Packet[]): void;
  /** Session Present of the CONNACK. */
  readonly isResumed: boolean;
  readonly closed: Promise<void>;
}

const CONNECT_MAX_MS = 10_000;

/** Connects and waits for the CONNACK; `onPacket` hears everything after it. */
export async function openWire(
  introduction: Introduction,
  onPacket: (packet: Packet) => void = () => {},
): Promise<Wire> {
  const { port, from } = introduction;
  const socket = connect({
    port,
    host: "127.0.0.1",
    noDelay: true,
    ...(from !== undefined && { localAddress: from }),
  });
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  socket.on("error", () => {});
  const stream = parser({ protocolVersion: 4 });
  socket.on("data", (chunk: Buffer) => stream.parse(chunk));
  const connack = new Promise<IConnackPacket>((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(), CONNECT_MAX_MS);
    void closed.then(() => reject(new Error(`${introduction.clientId} was not let in.`)));
    stream.on("packet", (packet: Packet) => {
      if (packet.cmd !== "connack") return onPacket(packet);
      clearTimeout(timer);
      if (packet.returnCode === 0) resolve(packet);
      else reject(new Error(`${introduction.clientId} was refused with code ${packet.returnCode}.`));
    });
  });
  socket.write(connectBytes(introduction));
  const { sessionPresent } = await connack;
  return {
    socket,
    send(...packets) {
      if (socket.destroyed || socket.writableEnded) return;
      socket.write(Buffer.concat(packets.map((packet) => generate(packet))));
    },
    isResumed: sessionPresent,
    closed,
  };
}

/** Subscribes, and waits for the SUBACK. */
export function subscribeOn({ socket, send }: Wire, filter: string, qos: 0 | 1 | 2): Promise<void> {
  const answered = new Promise<void>((resolve, reject) => {
    const stream = parser({ protocolVersion: 4 });
    const look = (chunk: Buffer) => stream.parse(chunk);
    socket.on("data", look);
    stream.on("packet", (packet: Packet) => {
      if (packet.cmd !== "suback") return;
      socket.off("data", look);
      if (packet.granted[0] === qos) resolve();
      else reject(new Error(`${filter} was not granted.`));
    });
  });
  send({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: filter, qos }] });
  return answered;
}

function connectBytes({ clientId, username, password, clean = true, will }: Introduction): Buffer {
  return generate({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    keepalive: 0,
    clientId,
    username,
    password: Buffer.from(password),
    clean,
    ...(will && { will }),
  });
}
