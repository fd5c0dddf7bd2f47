import fc from "fast-check";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { bytesToBoundary, createPacketWalk, walkPackets, type TrafficTally } from "./packetWalk.ts";

const packet = fc
  .record({
    topic: fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom("a", "b", "/") }),
    size: fc.constantFrom(0, 1, 100, 127, 128, 16_383, 16_384, 70_000),
    qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
  })
  .map(({ topic, size, qos }) =>
    generate({
      cmd: "publish",
      topic,
      payload: Buffer.alloc(size),
      qos,
      dup: false,
      retain: false,
      messageId: 1,
    }),
  );
const acknowledgement = fc.constantFrom(
  generate({ cmd: "puback", messageId: 7 }),
  generate({ cmd: "pingreq" }),
  generate({ cmd: "disconnect" }),
);

function emptyTally(): TrafficTally {
  return { packets: Array.from({ length: 16 }, () => 0), bytes: Array.from({ length: 16 }, () => 0) };
}

test("B41: it finds type and size of every packet, wherever the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(packet, acknowledgement), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 20 }),
      (packets, sizes) => {
        const [found, expected] = [emptyTally(), emptyTally()];
        for (const bytes of packets) {
          const type = (bytes[0] ?? 0) >>> 4;
          expected.packets[type] = (expected.packets[type] ?? 0) + 1;
          expected.bytes[type] = (expected.bytes[type] ?? 0) + bytes.length;
        }
        const stream = Buffer.concat(packets);
        const walk = createPacketWalk();
        for (let at = 0, index = 0; at < stream.length; index++) {
          const size = sizes[index % sizes.length] ?? 1;
          walkPackets(walk, stream.subarray(at, at + size), found);
          at += size;
        }
        expect(found).toEqual(expected);
        expect(walk.publishes).toBe(expected.packets[3]);
        expect(bytesToBoundary(walk)).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test("it tells how far the next packet is", () => {
  const walk = createPacketWalk();
  const bytes = generate({ cmd: "puback", messageId: 7 });
  walkPackets(walk, bytes.subarray(0, 1), emptyTally());
  expect(bytesToBoundary(walk)).toBeUndefined();
  walkPackets(walk, bytes.subarray(1, 3), emptyTally());
  expect(bytesToBoundary(walk)).toBe(1);
});
