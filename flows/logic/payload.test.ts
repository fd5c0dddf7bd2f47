import { describe, expect, it } from "vitest";
import { decodePayload, type Decoded, type DecodeMode, type RawPayload } from "./payload.ts";
import { ruleLimits } from "./ruleLimits.ts";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function rawOf(bytes: Uint8Array): RawPayload {
  return {
    size: bytes.length,
    bytes,
    text() {
      try {
        return strict.decode(bytes);
      } catch {
        return undefined;
      }
    },
  };
}

function decode(payload: string | readonly number[], mode: DecodeMode = "auto"): Decoded {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : Uint8Array.from(payload);
  return decodePayload(rawOf(bytes), mode);
}

function valueOf(payload: string | readonly number[], mode?: DecodeMode): unknown {
  const decoded = decode(payload, mode);
  return decoded.ok ? decoded.value : decoded.code;
}

describe("decoding by itself", () => {
  it.each<[string, string, unknown]>([
    [
      "a reading of a climate sensor",
      '{"temperature":22.1,"humidity":41}',
      { temperature: 22.1, humidity: 41 },
    ],
    ["a partial update", '{"temperature":-0.4}', { temperature: -0.4 }],
    ["a lamp", '{"state":"OFF","brightness":120}', { state: "OFF", brightness: 120 }],
    ["a list of devices", '[{"name":"plug"}]', [{ name: "plug" }]],
    ["an object after white space", ' \n{"a":1} ', { a: 1 }],
    ["an object after a byte order mark", '\uFEFF{"a":1}', { a: 1 }],
    ["a local time without zone", '{"Time":"2026-02-16T10:13:52"}', { Time: "2026-02-16T10:13:52" }],
    ["a key with a dot", '{"PMS5003":{"PM2.5":2}}', { PMS5003: { "PM2.5": 2 } }],
    ["a key with a colon", '{"switch:0":{"output":true}}', { "switch:0": { output: true } }],
    ["a number as text inside JSON", '{"t":"21.5"}', { t: "21.5" }],
    ["a null inside JSON", '{"temperature":null}', { temperature: null }],
    ["the last of equal keys", '{"a":1,"a":2}', { a: 2 }],
    ["an empty payload", "", undefined],
    ["only white space", " \n", undefined],
    ["a bare number", "42.17", 42.17],
    ["a bare number with a line end", "42.17\r\n", 42.17],
    ["a negative number", "-0.85", -0.85],
    ["a bare boolean", "true", true],
    ["a boolean of Python", "False", false],
    ["a failed sensor", "nan", undefined],
    ["NaN", "NaN", undefined],
    ["null", "null", undefined],
    ["an unavailable entity", "unavailable", undefined],
    ["an adapter that lost its device", "UNAVAILABLE", undefined],
    ["unknown", "unknown", undefined],
    ["None", "None", undefined],
    ["a switch", "ON", "ON"],
    ["an availability", "online", "online"],
    ["a will", "Offline", "Offline"],
    ["a state of homie", "ready", "ready"],
    ["a text of JSON", '"hello"', "hello"],
    ["a text that begins with a quote", '"hello', '"hello'],
    ["leading zeros", "021", "021"],
    ["a number cut off", "21.", "21."],
    ["a date", "2026-02-16", "2026-02-16"],
    ["a text with spaces around", " on ", " on "],
    ["a text that begins like a word", "true story", "true story"],
  ])("%s", (_, payload, expected) => {
    expect(decode(payload)).toMatchObject({ ok: true });
    expect(valueOf(payload)).toEqual(expected);
  });

  it.each(['{"temperature": 21.', "[1,2", "{on}", "[INFO] started", '{"a":1}{"b":2}'])(
    "never takes %s for a text",
    (payload) => {
      const decoded = decode(payload);
      expect(decoded).toMatchObject({ ok: false, code: "payload.not-decodable" });
    },
  );

  it("gives bytes that are no text as a handle", () => {
    expect(valueOf([0xff, 0x00, 0x41])).toEqual({ binary: true, size: 3, base64: "/wBB" });
    expect(valueOf([0xc3])).toEqual({ binary: true, size: 1, base64: "ww==" });
    expect(valueOf('{"a":"\\ud800"}')).toMatchObject({ binary: true });
    expect(valueOf('{"a":"\\ud83d\\ude00"}')).toEqual({ a: "😀" });
  });

  it("drops keys that could reach a prototype and counts them", () => {
    const decoded = decode(
      '{"__proto__":{"x":1},"a":[{"constructor":1,"b":2}],"\\u005f_proto__":3,"prototype":4}',
    );
    expect(decoded).toEqual({ ok: true, value: { a: [{ b: 2 }] }, droppedKeys: 3 });
  });

  it("keeps the digits of a whole number beyond 2^53", () => {
    expect(decode("9007199254740993")).toEqual({
      ok: true,
      value: 9007199254740992,
      exact: "9007199254740993",
    });
    expect(decode("9007199254740991")).toEqual({ ok: true, value: 9007199254740991 });
  });

  it("takes JSON at each limit and none beyond", () => {
    expect(decode(nested(ruleLimits.payloadDepth)).ok).toBe(true);
    expect(decode(nested(ruleLimits.payloadDepth + 1)).ok).toBe(false);
    expect(decode("[".repeat(200_000)).ok).toBe(false);
    expect(decode(keyed(ruleLimits.payloadKeys)).ok).toBe(true);
    expect(decode(keyed(ruleLimits.payloadKeys + 1)).ok).toBe(false);
    expect(decode(`"${"x".repeat(ruleLimits.payloadBytes - 2)}"`).ok).toBe(true);
    expect(decode(`"${"x".repeat(ruleLimits.payloadBytes - 1)}"`).ok).toBe(false);
  });

  it("is not misled by brackets and quotes inside of texts", () => {
    const text = `${"[".repeat(50)}\\"{:${"{".repeat(50)}`;
    expect(valueOf(`{"a":"${text}"}`)).toEqual({ a: JSON.parse(`"${text}"`) as unknown });
  });
});

describe("decoding as told", () => {
  it.each<[DecodeMode, string, unknown]>([
    ["json", "5", 5],
    ["json", '"5"', "5"],
    ["json", "null", undefined],
    ["json", "ON", "payload.not-decodable"],
    ["json", "nan", "payload.not-decodable"],
    ["text", '{"a":1}', '{"a":1}'],
    ["text", "nan", "nan"],
    ["text", "021", "021"],
    ["text", "", undefined],
    ["number", "21.5", 21.5],
    ["number", " 21.5\n", 21.5],
    ["number", "nan", undefined],
    ["number", "21.", "payload.not-decodable"],
    ["number", "021", "payload.not-decodable"],
    ["number", "true", "payload.not-decodable"],
    ["binary", "abc", { binary: true, size: 3, base64: "YWJj" }],
  ])("as %s: %s", (mode, payload, expected) => {
    expect(valueOf(payload, mode)).toEqual(expected);
  });

  it.each<DecodeMode>(["json", "text", "number"])("as %s refuses bytes that are no text", (mode) => {
    expect(decode([0xff, 0xfe], mode)).toMatchObject({
      ok: false,
      message: "The payload is not valid UTF-8 text.",
    });
  });
});

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function keyed(keys: number): string {
  return `{${Array.from({ length: keys }, (_, i) => `"k${i}":1`).join(",")}}`;
}
