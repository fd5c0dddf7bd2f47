import type { Packet } from "mqtt-packet";
import type { Direction } from "./traffic.ts";

/** One packet of a trace. What it carries is never kept, only how large it is; neither are credentials. */
export interface TracedPacket {
  /** Rises by one with each packet of a trace. */
  readonly seq: number;
  readonly at: number;
  readonly clientId: string;
  /** "in" came from the client, "out" went to it. */
  readonly direction: Direction;
  readonly type: Packet["cmd"];
  readonly bytes: number;
  readonly packetId?: number;
  readonly topic?: string;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly payloadBytes?: number;
  /** Of SUBSCRIBE and UNSUBSCRIBE. */
  readonly filters?: readonly string[];
  /** Answers of SUBACK and CONNACK. */
  readonly codes?: readonly number[];
}

/** The details of a packet that may be shown. */
export function detailsOf(packet: Packet): Partial<TracedPacket> {
  const { messageId: packetId } = packet;
  return { ...(packetId !== undefined && { packetId }), ...ownDetails(packet) };
}

function ownDetails(packet: Packet): Partial<TracedPacket> {
  if (packet.cmd === "publish") {
    const { topic, qos, retain, dup, payload } = packet;
    return { topic, qos, retain, dup, payloadBytes: Buffer.byteLength(payload) };
  }
  if (packet.cmd === "subscribe") return { filters: packet.subscriptions.map(({ topic }) => topic) };
  if (packet.cmd === "unsubscribe") return { filters: packet.unsubscriptions };
  if (packet.cmd === "suback") return { codes: packet.granted.map(Number) };
  if (packet.cmd === "connack") return { codes: [packet.returnCode ?? 0] };
  return {};
}
