/**
 * Why: the hub makes a handful of certificates of one kind. The maintained X.509 libraries bring a dozen packages for
 * that; the Distinguished Encoding Rules [X.690] of what we need fit on a page, and OpenSSL checks them in the tests.
 */
const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Class bits of tags whose meaning the surrounding type gives. */
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;
/** From this year on X.509 writes four digits [RFC 5280, 4.1.2.5]. */
const FOUR_DIGITS_FROM = 2050;

/** An ordered group. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(TAGS.sequence, ...parts);
}

/** A group without order; ours have one member, so none has to be sorted. */
export function setOf(part: Uint8Array): Buffer {
  return tagged(TAGS.set, part);
}

/** A whole number, from its bytes without sign. */
export function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  // The highest bit is the sign.
  return tagged(TAGS.integer, ...((short[0] ?? 0) >= 0x80 ? [Buffer.of(0), short] : [short]));
}

/** A name from the tree of object identifiers, such as `2.5.4.3`. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(TAGS.objectId, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

/** The value "true"; "false" is the default everywhere and left out. */
export function isTrue(): Buffer {
  return tagged(TAGS.boolean, Buffer.of(0xff));
}

/** Text. */
export function utf8(text: string): Buffer {
  return tagged(TAGS.utf8, Buffer.from(text));
}

/** Bytes that hold something encoded. */
export function octets(content: Uint8Array): Buffer {
  return tagged(TAGS.octetString, content);
}

/** Bits; the last byte may have some that do not count. */
export function bits(content: Uint8Array, unusedBits = 0): Buffer {
  return tagged(TAGS.bitString, Buffer.of(unusedBits), content);
}

/** A point in time, in whole seconds. */
export function time(at: number): Buffer {
  const text = new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isLate = new Date(at).getUTCFullYear() >= FOUR_DIGITS_FROM;
  return isLate
    ? tagged(TAGS.generalizedTime, Buffer.from(text))
    : tagged(TAGS.utcTime, Buffer.from(text.slice(2)));
}

/** A member that is known by its number: wrapped around a whole value. */
export function explicit(number: number, content: Uint8Array): Buffer {
  return tagged(CONTEXT | CONSTRUCTED | number, content);
}

/** A member that is known by its number: in place of the tag of its value. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return tagged(CONTEXT | number, content);
}

function tagged(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
}

function lengthOf(bytes: number): Buffer {
  if (bytes < 0x80) return Buffer.of(bytes);
  const digits = bytes > 0xff_ff ? 3 : bytes > 0xff ? 2 : 1;
  const length = Buffer.alloc(1 + digits, 0x80 | digits);
  length.writeUIntBE(bytes, 1, digits);
  return length;
}

function base128(value: number): number[] {
  const last = value & 0x7f;
  let rest = Math.floor(value / 0x80);
  const bytes = [last];
  for (; rest > 0; rest = Math.floor(rest / 0x80)) bytes.unshift((rest & 0x7f) | 0x80);
  return bytes;
}
