import * as fc from "fast-check";
import { generate, parser, type Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { createByteBudget } from "./byteBudget.ts";
import { createFrameRules } from "./frameRules.ts";
import { createFrameGuard, type FrameLimits } from "./frames.ts";
import { violatedRules, type FrameViolation } from "./frameViolation.ts";
import { brokerLimits } from "./limits.ts";
import { anyClientPacket, anyConnect, anyMutation } from "./testing/anyPacket.ts";
import { connectBytes, number16, packetBytes, text } from "./testing/packetBytes.ts";

const limits: FrameLimits = {
  ...brokerLimits,
  packetBytesBeforeConnack: 100,
  bytesBeforeConnack: 300,
  packetBytes: 1_000,
};
const roomy = { packetBytes: 1_000_000, packetBytesBeforeConnack: 1_000_000, bytesBeforeConnack: 1_000_000 };
const publish = (payloadBytes: number): Buffer =>
  packetBytes(0x30, text("t"), Buffer.alloc(payloadBytes, "x"));
const subscribe = packetBytes(0x82, number16(1), text("a"), 0);

/** A guard with what it passed on. */
function guarded(changed: Partial<FrameLimits> = {}, strangerBytes = 10_000) {
  const strangers = createByteBudget(strangerBytes);
  const passed: Buffer[] = [];
  const state = { isAdmitted: false };
  const used = { ...limits, ...changed };
  const guard = createFrameGuard({
    limits: used,
    rules: createFrameRules(used),
    strangers,
    isAdmitted: () => state.isAdmitted,
    pass: (packets) => passed.push(Buffer.from(packets)),
  });
  return {
    ...guard,
    strangers,
    passed,
    admit(): void {
      guard.receive(connectBytes());
      state.isAdmitted = true;
      guard.release();
      passed.length = 0;
    },
  };
}

function inPieces(bytes: Buffer, sizes: () => number, send: (piece: Buffer) => unknown): void {
  for (let at = 0; at < bytes.length;) {
    const size = sizes();
    // A copy: the guard may write into what it gets.
    send(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
}

test("B28: valid packets pass whole and unchanged, in whatever pieces they come", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(990), { maxLength: 20 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
      (sizes, pieces) => {
        const guard = guarded();
        guard.admit();
        const bytes = Buffer.concat([...sizes.map(publish), subscribe, packetBytes(0xc0)]);
        inPieces(
          bytes,
          () => pieces.next().value ?? 1,
          (piece) => expect(guard.receive(piece)).toBeUndefined(),
        );
        expect(Buffer.concat(guard.passed).equals(bytes)).toBe(true);
        expect(guard.receive(publish(1_000).subarray(0, 3))).toBe("too-large");
      },
    ),
  );
});

test("whole packets of one chunk pass as one piece, without a copy", () => {
  const passed: Uint8Array[] = [];
  const guard = createFrameGuard({
    limits,
    rules: createFrameRules(limits),
    strangers: createByteBudget(1_000),
    isAdmitted: () => true,
    pass: (packets) => passed.push(packets),
  });
  const chunk = Buffer.concat([connectBytes(), publish(5), publish(6)]);
  guard.receive(chunk);
  expect(passed).toEqual([chunk]);
  expect(passed[0]?.buffer).toBe(chunk.buffer);
});

test("what comes before a broken packet passes, and nothing behind it, however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (pieces) => {
      const guard = guarded();
      guard.admit();
      const violations: unknown[] = [];
      inPieces(
        Buffer.concat([publish(5), packetBytes(0x30, text("+"), 1), publish(6)]),
        () => pieces.next().value ?? 1,
        (piece) => violations.push(guard.receive(piece)),
      );
      expect(violations.filter((violation) => violation !== undefined)).toEqual(["topic-wildcard"]);
      expect(Buffer.concat(guard.passed).equals(publish(5))).toBe(true);
    }),
  );
});

test("nothing behind a DISCONNECT passes [MQTT-3.14.4-2]", () => {
  const guard = guarded();
  guard.admit();
  const rest = Buffer.concat([packetBytes(0xe0), publish(5)]);
  expect(guard.receive(Buffer.concat([publish(1), rest]))).toBeUndefined();
  expect(guard.receive(publish(5))).toBeUndefined();
  expect(Buffer.concat(guard.passed)).toEqual(Buffer.concat([publish(1), packetBytes(0xe0)]));
});

test("a chunk that comes while another is passed on waits for its turn", () => {
  const order: string[] = [];
  const guard = createFrameGuard({
    limits,
    rules: createFrameRules(limits),
    strangers: createByteBudget(1_000),
    isAdmitted: () => true,
    pass: (packets) => {
      order.push(`${packets.length} in`);
      if (order.length === 1) guard.receive(publish(7));
      order.push(`${packets.length} out`);
    },
  });
  expect(guard.receive(connectBytes())).toBeUndefined();
  expect(order).toEqual(["15 in", "15 out", "12 in", "12 out"]);
});

test("B29: a packet is refused from its length, before anything of it is kept", () => {
  const guard = guarded();
  expect(guard.receive(Buffer.from([0x10, 99]))).toBe("too-large");
  const admitted = guarded();
  admitted.admit();
  expect(admitted.receive(publish(1_000 - 6))).toBeUndefined();
  expect(admitted.receive(publish(1_000 - 5).subarray(0, 3))).toBe("too-large");
});

test("B29: all bytes before CONNACK together are few", () => {
  const guard = guarded();
  guard.receive(connectBytes());
  const padding = publish(95 - 5);
  for (let sent = connectBytes().length; sent + padding.length <= 300; sent += padding.length) {
    expect(guard.receive(padding)).toBeUndefined();
  }
  expect(guard.receive(padding)).toBe("too-much-before-connack");
});

test("B29: strangers share their bytes; the newest is refused, and who is admitted or gone gives them back", () => {
  const guard = guarded({}, 40);
  const other = createFrameGuard({
    limits,
    rules: createFrameRules(limits),
    strangers: guard.strangers,
    isAdmitted: () => false,
    pass: () => {},
  });
  expect(guard.receive(connectBytes())).toBeUndefined();
  expect(other.receive(connectBytes())).toBeUndefined();
  expect(other.receive(Buffer.alloc(11))).toBe("unauthenticated-bytes");
  guard.release();
  guard.release();
  other.release();
  expect(guard.strangers.take(41)).toBe(false);
  expect(guard.strangers.take(40)).toBe(true);
});

test("a trickle of single bytes costs no more than the packet, and a length alone reserves nothing", () => {
  const wide = guarded({ packetBytes: 1024 * 1024 });
  wide.admit();
  const large = publish(1_000_000);
  const before = process.memoryUsage().arrayBuffers;
  wide.receive(large.subarray(0, 10));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000);
  const startMs = performance.now();
  for (let at = 10; at < large.length; at++) wide.receive(large.subarray(at, at + 1));
  expect(wide.passed).toHaveLength(1);
  expect(wide.passed[0]?.equals(large)).toBe(true);
  // A million pieces: a cost that grows with the square would take minutes.
  expect(performance.now() - startMs).toBeLessThan(5_000);
});

test("MQTT 3.1 may mark a repeated PUBREL, SUBSCRIBE or UNSUBSCRIBE; the parser never sees the mark", () => {
  const guard = guarded();
  const old = connectBytes({ name: "MQIsdp", level: 3 });
  expect(guard.receive(old)).toBeUndefined();
  expect(guard.receive(Buffer.from([0x6a]))).toBeUndefined();
  expect(guard.receive(packetBytes(0x6a, number16(1)).subarray(1))).toBeUndefined();
  expect(guard.receive(packetBytes(0x8a, number16(2), text("a"), 0))).toBeUndefined();
  expect(guard.passed.map((packet) => packet[0])).toEqual([0x10, 0x62, 0x82]);
  const today = Buffer.concat([connectBytes(), packetBytes(0x6a, number16(1))]);
  expect(guarded().receive(today)).toBe("reserved-flags");
});

test("control characters and non-characters pass where the setting lets them, U+0000 never", () => {
  const topics = ["a\u0001", "a\u007f", "a\u009f", "a\uffff", "a\ufdd0", "\u{1fffe}"];
  for (const topic of topics) {
    const tolerant = guarded({ refusesControlCharacters: false });
    tolerant.admit();
    expect(tolerant.receive(packetBytes(0x30, text(topic)))).toBeUndefined();
    expect(tolerant.receive(packetBytes(0x30, text(`${topic}\0`)))).toBe("null-character");
    const strict = guarded();
    strict.admit();
    expect(strict.receive(packetBytes(0x30, text(topic)))).toBe("control-character");
  }
});

test("topics keep their length and their levels", () => {
  const guard = guarded({ packetBytes: 10_000 });
  guard.admit();
  const topics = ["x".repeat(1_024), "a/".repeat(31)];
  for (const topic of topics) expect(guard.receive(packetBytes(0x30, text(topic)))).toBeUndefined();
  for (const [topic, violation] of [
    [`${topics[0]}x`, "topic-length"],
    [`${topics[1]}/`, "topic-levels"],
  ] as const) {
    const other = guarded({ packetBytes: 10_000 });
    other.admit();
    expect(other.receive(packetBytes(0x30, text(topic)))).toBe(violation);
  }
});

test("oracle: a text is accepted exactly when a strict decoder accepts it and it holds no U+0000", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const lead = fc.constantFrom(0x41, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff);
  const bytes = fc.array(fc.oneof(lead, fc.integer({ min: 0x7f, max: 0xc0 }), fc.nat(255)), {
    minLength: 1,
    maxLength: 12,
  });
  const rules = createFrameRules({ ...limits, refusesControlCharacters: false });
  fc.assert(
    fc.property(bytes, (content) => {
      const packet = packetBytes(0xa2, number16(1), text(Buffer.from(content)));
      const violation = rules({ bytes: packet, header: 0xa2, at: 2, end: packet.length });
      // What else may be wrong with it is a matter of filters.
      expect(violation === "filter" ? undefined : violation).toBe(strictly(decoder, content));
    }),
    { numRuns: 2_000 },
  );
});

function strictly(decoder: TextDecoder, content: readonly number[]): FrameViolation | undefined {
  try {
    return decoder.decode(Buffer.from(content)).includes("\0") ? "null-character" : undefined;
  } catch {
    return "not-utf8";
  }
}

/** What the parser makes of packets, or its error. */
function parsed(chunks: readonly Buffer[]): { packets: Packet[]; errors: Error[] } {
  const packets: Packet[] = [];
  const errors: Error[] = [];
  const stream = parser();
  stream.on("packet", (packet: Packet) => packets.push(packet));
  stream.on("error", (error: Error) => errors.push(error));
  for (const chunk of chunks) stream.parse(chunk);
  return { packets, errors };
}

test("oracle: every valid packet is accepted, and parsed into the fields it was made from", () => {
  fc.assert(
    fc.property(anyConnect, fc.array(anyClientPacket, { maxLength: 10 }), (connect, others) => {
      const guard = guarded(roomy, 1_000_000);
      const packets = [connect, ...others];
      const bytes = packets.map((packet) => generate(packet));
      expect(guard.receive(Buffer.concat(bytes))).toBeUndefined();
      const { packets: back, errors } = parsed(guard.passed);
      expect(errors).toEqual([]);
      expect(back).toHaveLength(packets.length);
      for (const [index, packet] of back.entries()) expect(packet).toMatchObject({ ...packets[index] });
    }),
    { numRuns: 500 },
  );
});

test("oracle: what is accepted is parsed without error and means its bytes; what is refused breaks a named rule", () => {
  let accepted = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(anyClientPacket, anyConnect), anyMutation, (packet, mutate) => {
      const guard = guarded(roomy, 1_000_000);
      if (packet.cmd !== "connect") guard.admit();
      const bytes = mutate(Buffer.from(generate(packet)));
      const violation = guard.receive(bytes);
      const { packets, errors } = parsed(guard.passed);
      expect(errors).toEqual([]);
      if (violation === undefined) accepted++;
      else refused++;
      expect(violation === undefined ? "[" : violatedRules[violation]).toMatch(/^\[/);
      const again = Buffer.concat(packets.map((each) => Buffer.from(generate(each))));
      const seen = Buffer.concat(guard.passed);
      // A length in more bytes than it needs comes back shorter.
      expect(again.length).toBeLessThanOrEqual(seen.length);
      expect(again.length < seen.length || again.equals(seen)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(300);
});
