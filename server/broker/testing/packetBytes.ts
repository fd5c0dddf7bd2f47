/** A piece of a packet: one byte, or bytes. */
export type PacketPart = number | Uint8Array;

/** What a CONNECT is made of; the default is the smallest valid one of MQTT 3.1.1. */
export interface ConnectParts {
  readonly name?: string;
  readonly level?: number;
  readonly flags?: number;
  readonly keepAliveS?: number;
  /** What follows the keep-alive. @default the client id "c" */
  readonly payload?: readonly PacketPart[];
}

/** A packet with the right remaining length around whatever the parts are. */
export function packetBytes(header: number, ...parts: readonly PacketPart[]): Buffer {
  const body = joined(parts);
  return Buffer.concat([Buffer.from([header]), lengthBytes(body.length), body]);
}

/** A CONNECT, with every field as it is asked for, right or wrong. */
export function connectBytes(parts: ConnectParts = {}): Buffer {
  const { name = "MQTT", level = 4, flags = 0x02, keepAliveS = 0, payload = [text("c")] } = parts;
  return packetBytes(0x10, text(name), level, flags, number16(keepAliveS), ...payload);
}

/** A text or bytes with their length in front. */
export function text(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([number16(bytes.length), bytes]);
}

/** A number in two bytes. */
export function number16(value: number): Buffer {
  return Buffer.from([value >>> 8, value & 0xff]);
}

/** A remaining length, in as many bytes as it needs. */
export function lengthBytes(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest % 128) | (rest > 127 ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

function joined(parts: readonly PacketPart[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : part)));
}
