import { describe, expect, it } from "vitest";
import { ruleLimits } from "./ruleLimits.ts";
import { compileTemplate, type Template } from "./template.ts";

const message = {
  topic: "coldstore/north/temperature",
  device: { id: "sensor-1", name: "North" },
  payload: {
    t: 21.57,
    big: 1234567.891,
    state: "ON",
    list: ["a", "b"],
    deep: { x: 1 },
    zero: 0,
    nothing: null,
    PMS5003: { "PM2.5": 2 },
    at: Date.UTC(2026, 0, 2, 23, 5, 7, 9),
    iso: "2017-02-16T10:13:52",
    name: "  Ann ",
  },
};

function template(text: string): Template {
  const { template: compiled, problems } = compileTemplate(text);
  if (compiled === undefined) throw new Error(JSON.stringify(problems));
  return compiled;
}

describe("a template", () => {
  it.each([
    ["plain text", "plain text"],
    ["", ""],
    ["T {{payload.t | round:1}}", "T 21.6"],
    [
      "Device {{device.id}} is {{payload.t}}C at {{topic}}",
      "Device sensor-1 is 21.57C at coldstore/north/temperature",
    ],
    ["{{payload.constructor}}", ""],
    ["{{payload.gone}}", ""],
    ["{{payload.nothing}}", ""],
    ['{{payload.gone | default: "-"}}', "-"],
    ["{{payload.zero | default: 5}}", "0"],
    ["{{payload.gone | round: 1 | default: none}}", "none"],
    ["{{payload.state | round | default: 'no number'}}", "no number"],
    ['{{"{{"}}payload}}', "{{payload}}"],
    ["{{payload.deep}}", '{"x":1}'],
    ['{{payload.PMS5003["PM2.5"]}}', "2"],
    ["{{payload.list[1]}}", "b"],
    ["{{payload.big | number}}", "1,234,567.891"],
    ["{{payload.big | number: 2}}", "1,234,567.89"],
    ["{{payload.zero | number: 1}}", "0.0"],
    ["{{payload.state | lower}}", "on"],
    ["{{payload.state | lower | upper}}", "ON"],
    ["{{payload.name | trim}}", "Ann"],
    ["{{payload.list | json}}", '["a","b"]'],
    ["{{payload.list | join}}", "a, b"],
    ["{{payload.list | join: ' | '}}", "a | b"],
    ["{{payload.list | first}}{{payload.state | last}}", "aN"],
    ["{{payload.list | length}}{{payload.deep | length}}{{payload.state | length}}", "212"],
    ["{{payload.state | replace: N, FF}}", "OFF"],
    ["{{payload.zero | pad: 3, '0'}}", "000"],
    ["{{payload.t | unit: '°C'}}", "21.57 °C"],
    ["{{payload.gone | unit: '°C'}}", ""],
    ["{{payload.at | date}}", "2026-01-02 23:05:07"],
    ["{{payload.at | date: Europe/Berlin, 'EEE d MMM yyyy HH:mm'}}", "Sat 3 Jan 2026 00:05"],
    ["{{payload.at | date: \"dd.MM. HH'h'\", 'Europe/Berlin'}}", "03.01. 00h"],
    ["{{payload.iso | date: Europe/Berlin, 'HH:mm'}}", "10:13"],
    ["{{payload.state | date | default: never}}", "never"],
    ["{{payload.big | duration}}", "20m34s568ms"],
    ["{{topic | path}}", "coldstore/north/temperature"],
  ])("%s renders %j", (text, expected) => {
    expect(template(text).render(message)).toBe(expected);
  });

  it("shows dates in the zone of the hub", () => {
    expect(template("{{payload.at | date: 'HH:mm'}}").render(message, "Asia/Kolkata")).toBe("04:35");
  });

  it("tells what it reads and what is missing", () => {
    const compiled = template(
      "{{payload.t}} {{payload.gone}} {{payload.list[9]}} {{payload.none | default: 1}}",
    );
    expect(compiled.paths).toEqual([
      ["payload", "t"],
      ["payload", "gone"],
      ["payload", "list", "9"],
      ["payload", "none"],
    ]);
    expect(compiled.missing(message)).toEqual(["payload.gone", "payload.list[9]"]);
    expect(compiled.constant).toBe(false);
    expect(template('a{{"b"}}').constant).toBe(true);
  });

  it("encodes each value by itself", () => {
    const url = template("http://host/{{device.name}}?x={{payload.name}}");
    expect(url.renderWith(message, encodeURIComponent)).toBe("http://host/North?x=%20%20Ann%20");
  });

  it("keeps the type of a single value", () => {
    expect(template("{{payload.t | round}}").value(message)).toBe(22);
    expect(template("{{payload.list}}").value(message)).toEqual(["a", "b"]);
    expect(template("{{payload.gone}}").value(message)).toBeUndefined();
    expect(template("{{payload.nothing}}").value(message)).toBeUndefined();
    expect(template("{{payload.t}} ").value(message)).toBe("21.57 ");
  });

  it("renders up to its limit and fails beyond", () => {
    const compiled = template("{{payload}}");
    expect(compiled.render(longPayload(ruleLimits.textLength))).toHaveLength(ruleLimits.textLength);
    expect(() => compiled.render(longPayload(ruleLimits.textLength + 1))).toThrow(
      expect.objectContaining({ code: "limit.size" }),
    );
  });

  it("never builds a text that is far too long", () => {
    const long = "y".repeat(60_000);
    const many = { text: "x".repeat(60_000), list: Array.from({ length: 100_000 }, () => 1) };
    for (const text of [
      `{{text | replace: x, ${long}}}`,
      `{{list | join: ${long}}}`,
      "{{text | pad: 1000000}}{{text}}",
    ])
      expect(() => template(text).render(many)).toThrow(expect.objectContaining({ code: "limit.size" }));
  });

  it.each([
    ["{{payload", "not closed"],
    ["{{}}", "empty"],
    ["{{payload..x}}", "cannot be read"],
    ["{{payload.x | shout}}", 'no filter "shout"'],
    ["{{payload.x | default}}", "takes value, not 0 arguments"],
    ["{{payload.x | upper: 1}}", "takes no argument"],
    ["{{payload.1}}", "cannot be read"],
  ])("%s is refused", (text, sentence) => {
    const { template: compiled, problems } = compileTemplate(text);
    expect(compiled).toBeUndefined();
    expect(problems).toEqual([
      expect.objectContaining({ severity: "error", message: expect.stringContaining(sentence) }),
    ]);
  });

  it("tells all its mistakes at once", () => {
    expect(compileTemplate("{{a | b}} {{c..d}}").problems).toHaveLength(2);
  });
});

function longPayload(length: number): unknown {
  return { payload: "x".repeat(length) };
}
