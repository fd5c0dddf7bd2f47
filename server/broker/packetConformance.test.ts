// Raw bytes in, raw bytes out: what MQTT 3.1.1 says about single packets, through a real broker. Each name ends with the
// clause it stands for, and each refusal must be counted under its word, once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FrameViolation } from "./frameViolation.ts";
import { connectBytes, number16, packetBytes, text } from "./testing/packetBytes.ts";
import { createProbe, endedBy, framed, type Step } from "./testing/probe.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

/** Bytes of a client with CONNACK, and the word they are refused with. */
type Refused = readonly [name: string, bytes: Buffer, word: FrameViolation];
/** Bytes and the answer, in hex, of a connection that stays open. */
type Accepted = readonly [name: string, bytes: Buffer, answer: string];

const id = number16(0x1234);
const topic = text("t");
const clientTypes = [4, 5, 6, 7, 8, 10, 12, 14];
const rightFlags = (type: number): number => ([6, 8, 10].includes(type) ? 2 : 0);

let hub: TestBroker;
const probe = createProbe(() => hub);
beforeAll(async () => {
  hub = await startTestBroker();
});
afterAll(() => hub.stop());

describe("fixed header", () => {
  test.for([0, 2, 9, 11, 13, 15])("type %i is none a client may send [section 2.2.1]", async (type) => {
    expect(await probe.endingOf(packetBytes(type << 4, id))).toEqual(endedBy("packet-type"));
    expect(await probe.endingOf(packetBytes((type << 4) | 3))).toEqual(endedBy("packet-type"));
  });
  const wrongFlags = clientTypes.flatMap((type) =>
    Array.from({ length: 16 }, (_, flags) => [type, flags] as const).filter(
      ([, flags]) => flags !== rightFlags(type),
    ),
  );
  test.for(wrongFlags)("type %i with flags %i ends it [MQTT-2.2.2-2]", async ([type, flags]) => {
    const ending = await probe.endingOf(packetBytes((type << 4) | flags, id));
    expect(ending).toEqual(endedBy("reserved-flags"));
  });
  test.for([1, 2, 4, 8])("CONNECT with flags %i ends the connection [MQTT-2.2.2-2]", async (flags) => {
    const bytes = connectBytes();
    bytes[0] = 0x10 | flags;
    expect(await probe.endingOfFirst(bytes)).toEqual(endedBy("reserved-flags"));
  });
  test.for(clientTypes.concat(3))(
    "type %i with a length of five bytes ends it [section 2.2.3]",
    async (type) => {
      const bytes = Buffer.from([(type << 4) | rightFlags(type), 0x80, 0x80, 0x80, 0x80, 0x01]);
      expect(await probe.endingOf(bytes)).toEqual(endedBy("length"));
    },
  );
  test("CONNECT with a length of five bytes ends it [section 2.2.3]", async () => {
    expect(await probe.endingOfFirst(Buffer.from("108080808001", "hex"))).toEqual(endedBy("length"));
  });
  test("a length may take more bytes than it needs: 3.1.1 does not forbid it [section 2.2.3]", async () => {
    const steps: Step[] = [[Buffer.from("c0808000", "hex"), "d000"]];
    expect(await probe.answers(steps)).toEqual(framed(steps));
  });
  test("a length beyond the limit ends it before the body [B29]", async () => {
    expect(await probe.endingOf(Buffer.from("30ffffff7f", "hex"))).toEqual(endedBy("too-large"));
  });
});

describe("sizes of bodies", () => {
  const cases: Refused[] = [
    ...[4, 5, 6, 7].flatMap((type): Refused[] => [
      [`acknowledgement ${type} without id`, packetBytes((type << 4) | rightFlags(type)), "body"],
      [`acknowledgement ${type} with half an id`, packetBytes((type << 4) | rightFlags(type), 1), "body"],
      [`acknowledgement ${type} with more`, packetBytes((type << 4) | rightFlags(type), id, 0), "body"],
    ]),
    ["PINGREQ with a body", packetBytes(0xc0, 0), "body"],
    ["DISCONNECT with a body", packetBytes(0xe0, 0), "body"],
  ];
  test.for(cases)("%s [section 2.2.3]", async ([, bytes, word]) => {
    expect(await probe.endingOf(bytes)).toEqual(endedBy(word));
  });
});

describe("packet ids", () => {
  const zero = number16(0);
  const cases: Refused[] = [
    ["PUBLISH at QoS 1", packetBytes(0x32, topic, zero), "packet-id"],
    ["PUBLISH at QoS 2", packetBytes(0x34, topic, zero, 1), "packet-id"],
    ["PUBACK", packetBytes(0x40, zero), "packet-id"],
    ["PUBREC", packetBytes(0x50, zero), "packet-id"],
    ["PUBREL", packetBytes(0x62, zero), "packet-id"],
    ["PUBCOMP", packetBytes(0x70, zero), "packet-id"],
    ["SUBSCRIBE", packetBytes(0x82, zero, topic, 0), "packet-id"],
    ["UNSUBSCRIBE", packetBytes(0xa2, zero, topic), "packet-id"],
  ];
  test.for(cases)("%s with id 0 [MQTT-2.3.1-1]", async ([, bytes, word]) => {
    expect(await probe.endingOf(bytes)).toEqual(endedBy(word));
  });
  const accepted: Accepted[] = [
    ["an unasked PUBACK is ignored", packetBytes(0x40, id), ""],
    ["an unasked PUBCOMP is ignored", packetBytes(0x70, id), ""],
    ["an unasked PUBREC gets its PUBREL [MQTT-4.3.3-1]", packetBytes(0x50, id), "62021234"],
    ["an unasked PUBREL gets its PUBCOMP [MQTT-4.3.3-2]", packetBytes(0x62, id), "70021234"],
  ];
  test.for(accepted)("%s", async ([, bytes, answer]) => {
    expect(await probe.answers([[bytes, answer]])).toEqual(framed([[bytes, answer]]));
  });
});

describe("PUBLISH", () => {
  const refused: Refused[] = [
    ["QoS 3 without id [MQTT-3.3.1-4]", packetBytes(0x36, topic), "publish-qos"],
    ["QoS 3 with id [MQTT-3.3.1-4]", packetBytes(0x3e, topic, id), "publish-qos"],
    ["DUP at QoS 0 [MQTT-3.3.1-2]", packetBytes(0x38, topic), "publish-dup"],
    ["no body [section 3.3.2]", packetBytes(0x30), "body"],
    ["half a topic length [section 3.3.2]", packetBytes(0x30, 0), "body"],
    ["a topic longer than the packet [section 3.3.2]", packetBytes(0x30, 0, 2, 0x61), "body"],
    ["QoS 1 without id [MQTT-2.3.1-1]", packetBytes(0x32, topic), "body"],
    ["QoS 2 with half an id [MQTT-2.3.1-1]", packetBytes(0x34, topic, 1), "body"],
    ["an empty topic [MQTT-4.7.3-1]", packetBytes(0x30, text(""), 1), "topic-empty"],
    ["a topic + [MQTT-3.3.2-2]", packetBytes(0x30, text("+/a")), "topic-wildcard"],
    ["a topic # [MQTT-3.3.2-2]", packetBytes(0x30, text("#")), "topic-wildcard"],
    ["a topic with + inside [MQTT-3.3.2-2]", packetBytes(0x30, text("a+b")), "topic-wildcard"],
    ["a topic of 1,025 bytes [B30]", packetBytes(0x30, text("x".repeat(1_025))), "topic-length"],
    ["a topic of 33 levels [B30]", packetBytes(0x30, text("/".repeat(32))), "topic-levels"],
  ];
  test.for(refused)("%s ends the connection", async ([, bytes, word]) => {
    expect(await probe.endingOf(bytes)).toEqual(endedBy(word));
  });
  const accepted: Accepted[] = [
    ["at QoS 0", packetBytes(0x30, topic, 1), ""],
    ["retained", packetBytes(0x31, text("kept"), 1), ""],
    ["retained and empty [MQTT-3.3.1-10]", packetBytes(0x31, text("kept")), ""],
    ["with a topic of one slash", packetBytes(0x30, text("/")), ""],
    ["with spaces", packetBytes(0x30, text(" a b ")), ""],
    ["of 1,024 bytes and 32 levels", packetBytes(0x30, text("/".repeat(31).padEnd(1_024, "x"))), ""],
    ["at QoS 1 [MQTT-4.3.2-2]", packetBytes(0x32, topic, id, 1), "40021234"],
    ["at QoS 1, repeated", packetBytes(0x3a, topic, id, 1), "40021234"],
    ["at QoS 2 [MQTT-4.3.3-2]", packetBytes(0x34, topic, id, 1), "50021234"],
    ["at QoS 2, repeated", packetBytes(0x3c, topic, id, 1), "50021234"],
    [
      "to a $ topic is acknowledged and dropped [MQTT-3.3.5-2]",
      packetBytes(0x34, text("$a"), id),
      "50021234",
    ],
  ];
  test.for(accepted)("%s is accepted", async ([, bytes, answer]) => {
    expect(await probe.answers([[bytes, answer]])).toEqual(framed([[bytes, answer]]));
  });
  test("a QoS 2 id goes through its handshake, also with another payload in between [MQTT-4.3.3-2]", async () => {
    const steps: Step[] = [
      [packetBytes(0x34, topic, id), "50021234"],
      [packetBytes(0x34, topic, id, 1), "50021234"],
      [packetBytes(0x62, id), "70021234"],
      [packetBytes(0x62, id), "70021234"],
    ];
    expect(await probe.answers(steps)).toEqual(framed(steps));
  });
});

describe("filters", () => {
  const subscribe = (...parts: (number | Buffer)[]): Buffer => packetBytes(0x82, id, ...parts);
  const unsubscribe = (...parts: Buffer[]): Buffer => packetBytes(0xa2, id, ...parts);
  const broken = ["a#", "#/a", "a/#/b", "#a", "##", "+a", "a+", "a/+b", "a/b+/c", "++", "+#", "/a#"];
  const refused: Refused[] = [
    ["SUBSCRIBE without body [MQTT-2.3.1-1]", packetBytes(0x82), "body"],
    ["SUBSCRIBE with half an id [MQTT-2.3.1-1]", packetBytes(0x82, 1), "body"],
    ["SUBSCRIBE without filter [MQTT-3.8.3-3]", subscribe(), "no-filter"],
    ["SUBSCRIBE with half a length", subscribe(0), "body"],
    ["SUBSCRIBE with a filter longer than the packet", subscribe(0, 2, 0x61), "body"],
    ["SUBSCRIBE without QoS", subscribe(text("a")), "body"],
    ["SUBSCRIBE with a byte too many", subscribe(text("a"), 0, 0), "body"],
    ["SUBSCRIBE with an empty filter [MQTT-4.7.3-1]", subscribe(text(""), 0), "filter"],
    ["SUBSCRIBE with an empty filter first [MQTT-4.7.3-1]", subscribe(text(""), 0, text("a"), 0), "filter"],
    ["SUBSCRIBE with an empty filter last [MQTT-4.7.3-1]", subscribe(text("a"), 0, text(""), 0), "filter"],
    ...[3, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xff].map((qos): Refused => [
      `SUBSCRIBE with QoS ${qos} [MQTT-3.8.3-4]`,
      subscribe(text("a"), qos),
      "filter-qos",
    ]),
    ["UNSUBSCRIBE without body [MQTT-2.3.1-1]", packetBytes(0xa2), "body"],
    ["UNSUBSCRIBE with half an id [MQTT-2.3.1-1]", packetBytes(0xa2, 1), "body"],
    ["UNSUBSCRIBE without filter [MQTT-3.10.3-2]", unsubscribe(), "no-filter"],
    ["UNSUBSCRIBE with half a length", packetBytes(0xa2, id, 1), "body"],
    ["UNSUBSCRIBE with a filter longer than the packet", packetBytes(0xa2, id, 0, 1), "body"],
    ["UNSUBSCRIBE with an empty filter first [MQTT-4.7.3-1]", unsubscribe(text(""), text("a")), "filter"],
    ["UNSUBSCRIBE with an empty filter last [MQTT-4.7.3-1]", unsubscribe(text("a"), text("")), "filter"],
    ...broken.flatMap((filter): Refused[] => [
      [`SUBSCRIBE ${filter} [MQTT-4.7.1-2] [MQTT-4.7.1-3]`, subscribe(text(filter), 0), "filter"],
      [`UNSUBSCRIBE ${filter} [MQTT-4.7.1-2] [MQTT-4.7.1-3]`, unsubscribe(text(filter)), "filter"],
    ]),
  ];
  test.for(refused)("%s ends the connection", async ([, bytes, word]) => {
    expect(await probe.endingOf(bytes)).toEqual(endedBy(word));
  });
  const good = ["#", "+", "/", "a/#", "/#", "+/#", "+/+", "a/+/b", "+/a", "a/+", "a//b", " "];
  const accepted: Accepted[] = [
    ...[0, 1, 2].map((qos): Accepted => [
      `SUBSCRIBE at QoS ${qos} [MQTT-3.8.4-1]`,
      subscribe(text("a"), qos),
      `900312340${qos}`,
    ]),
    ...good.map((filter): Accepted => [
      `SUBSCRIBE ${filter} [section 4.7.1]`,
      subscribe(text(filter), 0),
      "9003123400",
    ]),
    ["SUBSCRIBE with several filters [MQTT-3.8.4-4]", subscribe(text("a"), 0, text("b"), 1), "900412340001"],
    [
      "SUBSCRIBE with equal filters answers each [MQTT-3.9.3-1]",
      subscribe(text("a"), 0, text("b"), 1, text("a"), 2, text("a"), 1),
      "9006123400010201",
    ],
    [
      "SUBSCRIBE beyond our limits is denied [B30]",
      subscribe(text("/".repeat(32)), 0, text("x".repeat(1_025)), 0),
      "900412348080",
    ],
    ["UNSUBSCRIBE of what was never asked for [MQTT-3.10.4-5]", unsubscribe(text("a")), "b0021234"],
    ["UNSUBSCRIBE of several [MQTT-3.10.4-6]", unsubscribe(text("a"), text("b")), "b0021234"],
  ];
  test.for(accepted)("%s", async ([, bytes, answer]) => {
    expect(await probe.answers([[bytes, answer]])).toEqual(framed([[bytes, answer]]));
  });
  test("UNSUBSCRIBE ends the subscription, and equal filters are one [MQTT-3.10.4-2] [MQTT-3.8.4-3]", async () => {
    const steps: Step[] = [
      [subscribe(text("own"), 0, text("own"), 0), "900412340000"],
      [packetBytes(0x30, text("own"), 1), packetBytes(0x30, text("own"), 1).toString("hex")],
      [unsubscribe(text("own")), "b0021234"],
      [packetBytes(0x30, text("own"), 2), ""],
    ];
    expect(await probe.answers(steps)).toEqual(framed(steps));
  });
});
