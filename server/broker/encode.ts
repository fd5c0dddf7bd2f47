/** A PUBLISH as bytes; `idAt` is where its packet id stands, 0 for QoS 0. */
export interface PublishFrame {
  readonly bytes: Buffer;
  readonly idAt: number;
}

/** What goes into the frame. */
export interface PublishFields {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

const PUBLISH = 0x30;
const DUP = 0x08;
/** A PUBACK without its packet id. */
const PUBACK = 0x40_02_00_00;

/** Encodes a PUBLISH once; `withPacketId` makes the copies for single clients. */
export function encodePublish({ topic, payload, qos, retain }: PublishFields): PublishFrame {
  const topicLength = Buffer.byteLength(topic);
  const idLength = qos > 0 ? 2 : 0;
  const length = 2 + topicLength + idLength + payload.length;
  const lengthBytes = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
  const bytes = Buffer.allocUnsafe(1 + lengthBytes + length);
  bytes[0] = PUBLISH | (qos << 1) | (retain ? 1 : 0);
  let at = 1;
  for (let rest = length; at <= lengthBytes; at++) {
    bytes[at] = at < lengthBytes ? (rest & 0x7f) | 0x80 : rest;
    rest >>>= 7;
  }
  bytes[at++] = topicLength >>> 8;
  bytes[at++] = topicLength & 0xff;
  at += bytes.write(topic, at);
  const idAt = qos > 0 ? at : 0;
  bytes.set(payload, at + idLength);
  return { bytes, idAt };
}

/** The payload of an encoded message of QoS 1 or 2. */
export function payloadOf({ bytes, idAt }: PublishFrame): Uint8Array {
  return bytes.subarray(idAt + 2);
}

/** A copy of the frame for one client; a repeated delivery is marked DUP [MQTT-3.3.1-1]. */
export function withPacketId({ bytes, idAt }: PublishFrame, packetId: number, isRepeated: boolean): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  bytes.copy(copy);
  copy[idAt] = packetId >>> 8;
  copy[idAt + 1] = packetId & 0xff;
  if (isRepeated) copy[0] = (bytes[0] ?? 0) | DUP;
  return copy;
}

/** The answer to a QoS 1 PUBLISH. */
export function encodePuback(packetId: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(PUBACK + packetId);
  return bytes;
}

/** The PUBREL that a repeated QoS 2 handshake goes on with [MQTT-4.3.3-1]. */
export function encodePubrel(packetId: number): Buffer {
  return Buffer.from([0x62, 0x02, packetId >>> 8, packetId & 0xff]);
}
