import * as fc from "fast-check";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { encodePublish, encodePubrel, withPacketId } from "./encode.ts";

const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const topic = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(16_300, 16_400, 2_097_200).map((size) => new Uint8Array(size)),
);

test("a PUBLISH has the same bytes as the reference encoder writes", () => {
  fc.assert(
    fc.property(
      topic,
      payload,
      qos,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 65_535 }),
      (...given) => {
        const [text, bytes, level, retain, dup, messageId] = given;
        const fields = { topic: text, payload: Buffer.from(bytes), qos: level, retain };
        const frame = encodePublish(fields);
        const expected = generate({
          cmd: "publish",
          ...fields,
          dup: level > 0 && dup,
          ...(level > 0 ? { messageId } : {}),
        });
        const actual = level === 0 ? frame.bytes : withPacketId(frame, messageId, dup);
        expect(actual.equals(expected)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test("a PUBREL has the same bytes too", () => {
  expect(encodePubrel(513)).toEqual(generate({ cmd: "pubrel", messageId: 513 }));
});
