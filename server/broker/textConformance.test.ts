// Raw bytes in, raw bytes out: what MQTT 3.1.1 says about texts, through a real broker. Each name ends with the
// clause it stands for, and each refusal must be counted under its word, once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FrameViolation } from "./frameViolation.ts";
import { connectBytes, number16, packetBytes, text } from "./testing/packetBytes.ts";
import { createProbe, endedBy, framed, type Step } from "./testing/probe.ts";
import { startTestBroker, type TestBroker } from "./testing/testBroker.ts";

let hub: TestBroker;
const probe = createProbe(() => hub);
beforeAll(async () => {
  hub = await startTestBroker();
});
afterAll(() => hub.stop());

const id = number16(0x1234);

describe("texts", () => {
  test("control characters reach subscribers where the setting lets them [section 1.5.3]", async () => {
    const tolerant = await startTestBroker({ limits: { refusesControlCharacters: false } });
    const publish = packetBytes(0x30, text("a\u0001\uffff"), 1);
    const steps: Step[] = [
      [packetBytes(0x82, id, text("a\u0001\uffff"), 0), "9003123400"],
      [publish, publish.toString("hex")],
    ];
    expect(await createProbe(() => tolerant).answers(steps)).toEqual(framed(steps));
    await tolerant.stop();
  });

  const hex = (digits: string): Buffer => text(Buffer.from(digits, "hex"));
  const c = text("c");
  const places: readonly (readonly [name: string, packet: (content: Buffer) => Buffer, isFirst: boolean])[] =
    [
      ["client id", (content) => connectBytes({ payload: [content] }), true],
      ["will topic", (content) => connectBytes({ flags: 0x06, payload: [c, content, c] }), true],
      ["user name", (content) => connectBytes({ flags: 0x82, payload: [c, content] }), true],
      ["topic", (content) => packetBytes(0x30, content, 1), false],
      ["filter to subscribe", (content) => packetBytes(0x82, id, content, 0), false],
      ["filter to unsubscribe", (content) => packetBytes(0xa2, id, content), false],
    ];
  const broken: readonly (readonly [name: string, content: Buffer, word: FrameViolation])[] = [
    ["U+0000 [MQTT-1.5.3-2]", hex("610062"), "null-character"],
    ["U+D800 [MQTT-1.5.3-1]", hex("61eda080"), "not-utf8"],
    ["U+DFFF [MQTT-1.5.3-1]", hex("edbfbf"), "not-utf8"],
    ["an overlong NUL [MQTT-1.5.3-1]", hex("c080"), "not-utf8"],
    ["an overlong slash [MQTT-1.5.3-1]", hex("61e080af"), "not-utf8"],
    ["half a character [MQTT-1.5.3-1]", hex("61e282"), "not-utf8"],
    ["a stray byte [MQTT-1.5.3-1]", hex("8061"), "not-utf8"],
    ["a code beyond Unicode [MQTT-1.5.3-1]", hex("f4908080"), "not-utf8"],
    ["U+0001 [section 1.5.3]", hex("610162"), "control-character"],
    ["U+001F [section 1.5.3]", hex("1f"), "control-character"],
    ["U+007F [section 1.5.3]", hex("7f61"), "control-character"],
    ["U+009F [section 1.5.3]", hex("61c29f"), "control-character"],
    ["U+FFFF [section 1.5.3]", hex("61efbfbf"), "control-character"],
    ["U+FDD0 [section 1.5.3]", hex("efb790"), "control-character"],
  ];
  const cases = places.flatMap(([place, packet, isFirst]) =>
    broken.map(([name, content, word]) => [place, name, packet(content), word, isFirst] as const),
  );
  test.for(cases)("a %s with %s ends the connection", async ([, , bytes, word, isFirst]) => {
    const ending = isFirst ? probe.endingOfFirst(bytes) : probe.endingOf(bytes);
    expect(await ending).toEqual(endedBy(word));
  });
  test.for([
    ["a byte order mark is kept [MQTT-1.5.3-3]", "efbbbf61"],
    ["U+2A6D4 [section 1.5.3]", "f0aa9b94"],
    ["U+FFFD", "efbfbd"],
    ["U+10FFFD", "f48fbfbd"],
    ["U+00A0", "c2a0"],
  ] as const)("%s: a topic and a filter come back as they were sent", async ([, digits]) => {
    const publish = packetBytes(0x30, hex(digits), 1);
    const steps: Step[] = [
      [packetBytes(0x82, id, hex(digits), 0), "9003123400"],
      [publish, publish.toString("hex")],
    ];
    expect(await probe.answers(steps)).toEqual(framed(steps));
  });
});
