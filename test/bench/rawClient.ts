import { once } from "node:events";
import net from "node:net";
import mqttPacket from "mqtt-packet";
import { createFrameReader, type OnFrame } from "./frameReader.ts";

/** As whom a client connects; empty for a broker that asks for nothing. */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
}

/** Where a client of the generators connects, and as whom. */
export interface Place extends Credentials {
  readonly port: number;
}

/** One connection of a generator. */
export interface RawClient extends Place {
  readonly clientId: string;
  /** @default true */
  readonly clean?: boolean;
  /** The loopback address to connect from: a broker may bound the connections of one. */
  readonly from?: string;
  readonly onFrame?: OnFrame;
}

const KNOCKING_MAX = 50;

/** First bytes of packets, without flags. */
export const packetType = { CONNACK: 0x20, PUBLISH: 0x30, PUBACK: 0x40, SUBACK: 0x90, PINGRESP: 0xd0 };

/** Connects; resolves with the socket once the broker has accepted. */
export async function connect({
  port,
  username,
  password,
  clientId,
  clean = true,
  ...rest
}: RawClient): Promise<net.Socket> {
  const { from, onFrame } = rest;
  const place = from === undefined ? {} : { localAddress: from };
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true, ...place });
  socket.write(
    mqttPacket.generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean,
      keepalive: 0,
      clientId,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password: Buffer.from(password) }),
    }),
  );
  await new Promise<void>((resolve, reject) => {
    const read = createFrameReader((header, body) => {
      if (header !== packetType.CONNACK) onFrame?.(header, body);
      else if (body[1] === 0) resolve();
      else reject(new Error(`The broker refused ${clientId} with code ${body[1]}.`));
    });
    socket.on("data", read);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`The broker closed the connection of ${clientId}.`)));
  });
  return socket;
}

/** Subscribes to filters in one packet; resolves with the next bytes from the broker, which hold the SUBACK. */
export async function subscribe(
  socket: net.Socket,
  filters: readonly string[],
  qos: 0 | 1 = 0,
): Promise<void> {
  const subscriptions = filters.map((topic) => ({ topic, qos }));
  socket.write(mqttPacket.generate({ cmd: "subscribe", messageId: 1, subscriptions }));
  await once(socket, "data");
}

/** Opens so many connections, a few at a time: brokers bound how many strangers may knock at once. */
export async function openMany<T>(count: number, open: (index: number) => Promise<T>): Promise<T[]> {
  const opened: T[] = [];
  while (opened.length < count) {
    const some = Math.min(KNOCKING_MAX, count - opened.length);
    const start = opened.length;
    opened.push(...(await Promise.all(Array.from({ length: some }, (_, index) => open(start + index)))));
  }
  return opened;
}

/** A loopback address of its own for every 500 connections. */
export function sourceOf(index: number): string {
  return `127.0.0.${2 + Math.floor(index / 500)}`;
}
