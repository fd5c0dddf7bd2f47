import { describe, expect, test } from "vitest";
import { key, topic } from "./expressions.ts";
import { createMessage } from "./message.ts";

const message = createMessage({
  topic: "a/b",
  payload: { room: "north", path: "x/y", wild: "+", none: null, empty: "", nul: "\u0000" },
  seenAt: 0,
  id: "m",
});

describe("a topic to publish to", () => {
  const render = (text: string) =>
    topic("Topic")
      .read(text, (problem) => expect.fail(problem))
      .render(message);

  test("is rendered from the message", () => {
    expect(render("lamp/{{payload.room}}/set")).toBe("lamp/north/set");
  });

  test("takes a value with slashes only where it says so", () => {
    expect(() => render("lamp/{{payload.path}}")).toThrow(/would get more levels/);
    expect(render("lamp/{{payload.path | path}}")).toBe("lamp/x/y");
  });

  test.each([
    ["payload.wild", /wildcard/],
    ["payload.none", /missing/],
    ["payload.nothing", /missing/],
    ["payload.empty", /empty level/],
    ["payload.nul", /NUL/],
  ])("is refused for the value of %s", (path, sentence) => {
    expect(() => render(`lamp/{{${path}}}/set`)).toThrow(sentence);
  });
});

describe("a key", () => {
  const keyOf = (text: string) =>
    key()
      .read(text, (problem) => expect.fail(problem))
      .of(message);

  test("is the topic where no device is known, one for all, or what a template gives", () => {
    expect(keyOf("auto")).toBe("a/b");
    expect(keyOf("none")).toBe("*");
    expect(keyOf("{{payload.room}}")).toBe("north");
  });

  test("that renders empty or from a missing field is none", () => {
    expect(keyOf("{{payload.nothing}}")).toBeUndefined();
    expect(keyOf("{{payload.empty}}")).toBeUndefined();
  });
});
