import * as fc from "fast-check";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { createFrameGuard } from "./frames.ts";
import { publishPacket } from "./testing/rawClient.ts";

const limits = { packetBytesBeforeConnack: 100, bytesBeforeConnack: 300, packetBytes: 1_000 };
const connect = generate({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clientId: "c",
  clean: true,
  keepalive: 0,
});

test("valid packets pass in whatever pieces they come", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(990), { maxLength: 20 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
      (sizes, pieces) => {
        let isAdmitted = false;
        const guard = createFrameGuard(limits, () => isAdmitted);
        expect(guard.check(connect)).toBeUndefined();
        isAdmitted = true;
        const packets = sizes.map((size) => generate(publishPacket("t", "x".repeat(size))));
        const bytes = Buffer.concat([...packets, generate({ cmd: "pingreq" })]);
        for (let at = 0; at < bytes.length;) {
          const size = pieces.next().value ?? 1;
          expect(guard.check(bytes.subarray(at, at + size))).toBeUndefined();
          at += size;
        }
        const tooLarge = generate(publishPacket("t", "x".repeat(1_000)));
        expect(guard.check(tooLarge.subarray(0, 3))).toBe("too-large");
      },
    ),
  );
});

test("the first packet is CONNECT [MQTT-3.1.0-1]", () => {
  expect(createFrameGuard(limits, () => false).check(Buffer.from("c000", "hex"))).toBe("first-packet");
});

test("a length has at most four bytes [section 2.2.3]", () => {
  expect(createFrameGuard(limits, () => false).check(Buffer.from("10ffffffff", "hex"))).toBe("length");
});

test("before CONNACK packets are small, and all together are few", () => {
  const guard = createFrameGuard(limits, () => false);
  const small = Buffer.concat([Buffer.from([0x10, 98]), Buffer.alloc(98)]);
  expect(guard.check(small)).toBeUndefined();
  expect(guard.check(small)).toBeUndefined();
  expect(guard.check(small)).toBeUndefined();
  expect(guard.check(small)).toBe("too-much-before-connect");
  expect(createFrameGuard(limits, () => false).check(Buffer.from([0x10, 99]))).toBe("too-large");
});
