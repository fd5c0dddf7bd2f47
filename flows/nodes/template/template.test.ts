import { expect, test } from "vitest";
import { exampleDifferences, playExample } from "../../testing/playExample.ts";
import { template } from "./index.ts";

test("a topic with a wildcard or an empty level is refused when the message comes", () => {
  const example = {
    title: "",
    config: { text: "home/{{payload.room}}/state", to: "topic" as const },
    steps: [
      { payload: { room: "#" }, gives: [["error", { room: "#" }] as const] },
      { payload: {}, gives: [["error", {}] as const] },
    ],
  };
  expect(exampleDifferences(template, example)).toEqual([]);
});

test("a template with a mistake is refused when the flow is saved", () => {
  const { problems } = playExample(template, { title: "", config: { text: "{{payload.t" }, steps: [] });
  expect(problems.filter(({ severity }) => severity === "error")).toMatchObject([{ field: "text" }]);
});
