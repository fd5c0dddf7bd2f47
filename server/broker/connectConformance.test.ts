// Raw bytes in, raw bytes out: what MQTT 3.1.1 says about CONNECT, through a real broker. Each name ends with the
// clause it stands for, and each refusal must be counted under its word, once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFrameRules } from "./frameRules.ts";
import type { FrameViolation } from "./frameViolation.ts";
import { brokerLimits } from "./limits.ts";
import { openExchange } from "./testing/exchange.ts";
import { connectBytes, packetBytes, text, type ConnectParts } from "./testing/packetBytes.ts";
import { createProbe, endedBy, framed } from "./testing/probe.ts";
import { inTurn, startTestBroker, type TestBroker } from "./testing/testBroker.ts";

let hub: TestBroker;
const probe = createProbe(() => hub);
beforeAll(async () => {
  hub = await startTestBroker();
});
afterAll(() => hub.stop());

describe("first packet", () => {
  const headers = Array.from({ length: 16 }, (_, type) => type << 4);
  test.for(headers.filter((header) => header !== 0x10))(
    "0x%s is no first packet [MQTT-3.1.0-1]",
    async (header) => {
      expect(await probe.endingOfFirst(packetBytes(header))).toEqual(endedBy("first-packet"));
    },
  );
  test("a second CONNECT ends the connection, changed or not [MQTT-3.1.0-2]", async () => {
    expect(await probe.endingOf(connectBytes())).toEqual(endedBy("second-connect"));
    expect(await probe.endingOf(connectBytes({ name: "other" }))).toEqual(endedBy("second-connect"));
  });
  test("nothing behind a refused CONNECT is processed [MQTT-3.1.4-5]", async () => {
    const login = connectBytes({ flags: 0x82, payload: [text("c"), text("nobody")] });
    const publish = packetBytes(0x30, text("behind/refused"));
    expect(await probe.endingOfFirst(Buffer.concat([login, publish]))).toEqual(
      endedBy("unknown-device", "20020004"),
    );
    expect(hub.arrivals.filter((arrival) => arrival.topic === "behind/refused")).toEqual([]);
  });
});

describe("CONNECT", () => {
  const c = text("c");
  const will = [text("w"), text("gone")];
  const refused: readonly (readonly [name: string, parts: ConnectParts, word: FrameViolation])[] = [
    ["an unknown name [MQTT-3.1.2-1]", { name: "MQTU" }, "protocol-name"],
    ["a short name [MQTT-3.1.2-1]", { name: "MQT" }, "protocol-name"],
    ["a long name [MQTT-3.1.2-1]", { name: "MQTTT" }, "protocol-name"],
    ["no name [MQTT-3.1.2-1]", { name: "" }, "protocol-name"],
    ["a name in small letters [MQTT-3.1.2-1]", { name: "mqtt" }, "protocol-name"],
    ["bit 0 of the flags [MQTT-3.1.2-3]", { flags: 0x03 }, "connect-flags"],
    ["will QoS 1 without will [MQTT-3.1.2-11]", { flags: 0x0a }, "connect-flags"],
    ["will QoS 2 without will [MQTT-3.1.2-11]", { flags: 0x12 }, "connect-flags"],
    ["will retain without will [MQTT-3.1.2-15]", { flags: 0x22 }, "connect-flags"],
    ["will QoS 3 [MQTT-3.1.2-14]", { flags: 0x1e, payload: [c, ...will] }, "connect-flags"],
    ["a password without user name [MQTT-3.1.2-22]", { flags: 0x42, payload: [c, c] }, "connect-flags"],
    ["no client id [MQTT-3.1.3-3]", { payload: [] }, "body"],
    ["half a client id", { payload: [0, 2, 0x61] }, "body"],
    ["a will without topic and message [MQTT-3.1.2-9]", { flags: 0x06 }, "body"],
    ["a will without message [MQTT-3.1.2-9]", { flags: 0x06, payload: [c, text("w")] }, "body"],
    ["an empty will topic [MQTT-4.7.3-1]", { flags: 0x06, payload: [c, text(""), c] }, "topic-empty"],
    ["a will topic + [MQTT-4.7.1-1]", { flags: 0x06, payload: [c, text("a/+"), c] }, "topic-wildcard"],
    ["a will topic # [MQTT-4.7.1-1]", { flags: 0x06, payload: [c, text("#"), c] }, "topic-wildcard"],
    ["a field too many [MQTT-3.1.2-18]", { payload: [c, text("u")] }, "body"],
    ["no user name where the flag says one [MQTT-3.1.2-19]", { flags: 0x82 }, "body"],
    [
      "a password without its flag [MQTT-3.1.2-20]",
      { flags: 0x82, payload: [c, text("u"), text("p")] },
      "body",
    ],
    ["no password where the flag says one [MQTT-3.1.2-21]", { flags: 0xc2, payload: [c, text("u")] }, "body"],
    ["a byte too many", { payload: [c, 0] }, "body"],
  ];
  test.for(refused)("%s ends the connection", async ([, parts, word]) => {
    expect(await probe.endingOfFirst(connectBytes(parts))).toEqual(endedBy(word));
  });
  test.for([0, 3, 7, 8, 10])("a CONNECT of %i bytes of body ends it [section 3.1.2]", async (length) => {
    const body = connectBytes().subarray(2, 2 + length);
    expect(await probe.endingOfFirst(packetBytes(0x10, body))).toEqual(endedBy("body"));
  });
  test.for([
    ["MQTT", 0],
    ["MQTT", 2],
    ["MQTT", 3],
    ["MQTT", 5],
    ["MQTT", 6],
    ["MQTT", 0x84],
    ["MQIsdp", 2],
    ["MQIsdp", 4],
    ["MQIsdp", 6],
    ["MQIsdp", 0x83],
  ] as const)("%s level %i gets CONNACK 1 [MQTT-3.1.2-2]", async ([name, level]) => {
    // Whatever follows the level belongs to a protocol we do not know.
    const bytes = packetBytes(0x10, text(name), level, 2, 0, 0, 5, 1);
    expect(await probe.endingOfFirst(bytes)).toEqual(endedBy("protocol-version", "20020001"));
  });
  test("all 256 flags are accepted exactly where the clauses allow them [section 3.1.2.3]", () => {
    const rules = createFrameRules(brokerLimits);
    for (let flags = 0; flags < 256; flags++) {
      const hasWill = (flags & 4) !== 0;
      const [willQos, willRetain] = [(flags >> 3) & 3, (flags & 0x20) !== 0];
      const [password, user] = [(flags & 0x40) !== 0, (flags & 0x80) !== 0];
      const isValid =
        (flags & 1) === 0 && (hasWill ? willQos < 3 : willQos === 0 && !willRetain) && (user || !password);
      const payload = [c, ...(hasWill ? will : []), ...(user ? [c] : []), ...(password ? [c] : [])];
      const bytes = connectBytes({ flags, payload });
      const violation = rules({ bytes, header: 0x10, at: 2, end: bytes.length });
      expect([flags, violation]).toEqual([flags, isValid ? undefined : "connect-flags"]);
    }
  });
  const old = { name: "MQIsdp", level: 3 };
  const accepted: readonly (readonly [name: string, parts: ConnectParts])[] = [
    ["MQTT 3.1.1", {}],
    ["MQTT 3.1", old],
    ["MQTT 3.1 with the unused bit of its flags", { ...old, flags: 0x03 }],
    ["MQTT 3.1 with a client id of 128 bytes", { ...old, payload: [text("x".repeat(128))] }],
    ["a client id of 128 bytes [MQTT-3.1.3-5]", { payload: [text("y".repeat(128))] }],
    ["an empty client id with clean session [MQTT-3.1.3-6]", { payload: [text("")] }],
    ["a will [MQTT-3.1.2-8]", { flags: 0x06, payload: [c, ...will] }],
    ["a will at QoS 2, retained, without message", { flags: 0x36, payload: [c, text("w"), text("")] }],
  ];
  test.for(accepted)("%s is accepted", async ([, parts]) => {
    expect(await probe.answers([], connectBytes(parts))).toEqual(framed([]));
  });
  test("MQTT 3.1 with unused flags in its header is accepted", async () => {
    const bytes = connectBytes(old);
    bytes[0] = 0x1f;
    expect(await probe.answers([], bytes)).toEqual(framed([]));
  });
  const rejected: readonly (readonly [name: string, parts: ConnectParts])[] = [
    ["an empty client id without clean session [MQTT-3.1.3-8]", { flags: 0, payload: [text("")] }],
    ["an empty client id in MQTT 3.1", { ...old, payload: [text("")] }],
    ["a client id of 129 bytes [MQTT-3.1.3-9]", { payload: [text("x".repeat(129))] }],
    ["a client id of 129 bytes in MQTT 3.1", { ...old, payload: [text("x".repeat(129))] }],
  ];
  test.for(rejected)("%s gets CONNACK 2", async ([, parts]) => {
    expect(await probe.endingOfFirst(connectBytes(parts))).toEqual(endedBy("client-id", "20020002"));
  });
  test("a session is present again, with or without subscriptions [MQTT-3.2.2-2], until a clean one [MQTT-3.2.2-1]", async () => {
    const answers: string[] = [];
    const flags = [0, 0, 2, 0];
    await inTurn(flags.length, async (index) => {
      const exchange = openExchange(hub.port);
      exchange.send(connectBytes({ flags: flags[index] ?? 0, payload: [text("kept")] }));
      answers.push(await exchange.receive(4));
      exchange.send(packetBytes(0xe0));
      await exchange.closed;
    });
    expect(answers).toEqual(["20020000", "20020100", "20020000", "20020000"]);
  });
  test("DISCONNECT ends the connection, and nothing behind it counts [MQTT-3.14.4-1]", async () => {
    const exchange = openExchange(hub.port);
    exchange.send(connectBytes({ payload: [text("leaving")] }));
    await exchange.receive(4);
    exchange.send(Buffer.concat([packetBytes(0xe0), packetBytes(0x30, text("behind/disconnect"))]));
    expect(await exchange.rest()).toBe("");
    expect(hub.arrivals.filter((arrival) => arrival.topic === "behind/disconnect")).toEqual([]);
  });
});
