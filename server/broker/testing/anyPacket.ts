import * as fc from "fast-check";
import type { IConnectPacket, Packet } from "mqtt-packet";

const packetId = fc.integer({ min: 1, max: 65_535 });
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
/** Letters, a slash, and characters of two, three and four bytes, among them a byte order mark. */
const letter = fc.constantFrom("a", "b", "/", "$", " ", "é", "€", "\ufeff", "\u{1f321}");
const topic = fc.string({ unit: letter, minLength: 1, maxLength: 20 });
const filter = fc
  .array(
    fc.oneof(fc.constantFrom("+", "", "a"), fc.string({ unit: letter.filter((each) => each !== "/") })),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((levels) => levels.join("/"))
  .chain((levels) => fc.constantFrom(`${levels}/#`, levels === "" ? "#" : levels));
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

const acknowledgement = fc.record({
  cmd: fc.constantFrom("puback" as const, "pubrec" as const, "pubrel" as const, "pubcomp" as const),
  messageId: packetId,
});
const publish = fc
  .record({ topic, payload, qos, retain: fc.boolean(), dup: fc.boolean(), messageId: packetId })
  .map(({ messageId, dup, ...fields }) =>
    fields.qos === 0
      ? { cmd: "publish" as const, ...fields, dup: false }
      : { cmd: "publish" as const, ...fields, dup, messageId },
  );
const subscribe = fc.record({
  cmd: fc.constant("subscribe" as const),
  messageId: packetId,
  subscriptions: fc.array(fc.record({ topic: filter, qos }), { minLength: 1, maxLength: 5 }),
});
const unsubscribe = fc.record({
  cmd: fc.constant("unsubscribe" as const),
  messageId: packetId,
  unsubscriptions: fc.array(filter, { minLength: 1, maxLength: 5 }),
});

/** Any packet a client may send behind its CONNECT and before its DISCONNECT. */
export const anyClientPacket: fc.Arbitrary<Packet> = fc.oneof(
  publish,
  subscribe,
  unsubscribe,
  acknowledgement,
  fc.constant({ cmd: "pingreq" as const }),
);

/** Any CONNECT of MQTT 3.1.1 or 3.1. */
export const anyConnect: fc.Arbitrary<IConnectPacket> = fc
  .record({
    isOld: fc.boolean(),
    clientId: fc.string({ unit: letter, minLength: 1, maxLength: 20 }),
    clean: fc.boolean(),
    keepalive: fc.nat(65_535),
    user: fc.record({ username: topic, password: fc.option(payload, { nil: undefined }) }),
    hasUser: fc.boolean(),
    will: fc.option(fc.record({ topic, payload, qos, retain: fc.boolean() }), { nil: undefined }),
  })
  .map(({ isOld, user: { username, password }, hasUser, will, ...fields }) => ({
    cmd: "connect",
    protocolId: isOld ? "MQIsdp" : "MQTT",
    protocolVersion: isOld ? 3 : 4,
    ...fields,
    ...(hasUser && { username, ...(password !== undefined && { password }) }),
    // The encoder knows no empty will message.
    ...(will !== undefined && {
      will: { ...will, payload: Buffer.concat([will.payload, Buffer.from("!")]) },
    }),
  }));

/** Changes some bytes, or where they begin or end. */
export const anyMutation: fc.Arbitrary<(bytes: Buffer) => Buffer> = fc
  .record({
    places: fc.array(fc.record({ at: fc.nat(40), bit: fc.nat(7) }), { maxLength: 3 }),
    cut: fc.option(fc.nat(40), { freq: 4 }),
    added: fc.uint8Array({ maxLength: 3 }),
  })
  .map(({ places, cut, added }) => (bytes) => {
    const changed = Buffer.concat([bytes.subarray(0, cut ?? bytes.length), added]);
    for (const { at, bit } of places) {
      const place = at % Math.max(1, changed.length);
      changed[place] = (changed[place] ?? 0) ^ (1 << bit);
    }
    return changed;
  });
