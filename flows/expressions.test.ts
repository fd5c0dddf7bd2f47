import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { type TopicTemplate, topic } from "./expressions.ts";
import { createMessage } from "./message.ts";

function render(source: string, payload: unknown): string {
  const config = readConfig({ topic: topic("Topic") }, { topic: source }, ({ message }) => {
    throw new Error(message);
  });
  return (config["topic"] as TopicTemplate).render(
    createMessage({ topic: "t", payload, seenAt: 0, id: "m" }),
  );
}

test("a value in a topic makes no further levels, unless the template says that it is a path", () => {
  expect(render("home/{{payload}}/set", "hall")).toBe("home/hall/set");
  expect(() => render("home/{{payload}}/set", "hall/lamp")).toThrow("slash");
  expect(render("home/{{payload | path}}/set", "hall/lamp")).toBe("home/hall/lamp/set");
});

test("an empty value makes no empty level, but one that was written stays", () => {
  expect(() => render("home/{{payload}}/set", "")).toThrow("empty level");
  expect(() => render("home/{{payload}}", "")).toThrow("empty level");
  expect(render("home/room{{payload}}", "")).toBe("home/room");
  expect(render("/home/{{payload}}", "hall")).toBe("/home/hall");
});

test("a wildcard or a missing value is refused", () => {
  expect(() => render("home/{{payload}}", "#")).toThrow("wildcard");
  expect(() => render("home/{{payload.room}}", {})).toThrow("payload.room, which is missing");
});
