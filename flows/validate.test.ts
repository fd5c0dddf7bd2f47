import { describe, expect, test } from "vitest";
import { nodes } from "./nodes/index.ts";
import { validateFlow } from "./validate.ts";

const good = {
  millrace: 1,
  id: "lamp",
  name: "Lamp",
  nodes: {
    button: { type: "mqtt-in", config: { filters: ["button/+"] } },
    lamp: { type: "publish", config: { topic: "lamp/set" } },
  },
  wires: [{ from: "button", to: "lamp" }],
};

describe("a flow document", () => {
  test("without mistakes has no problems", () => {
    expect(validateFlow(good, nodes)).toMatchObject({ flow: good, problems: [] });
  });

  test.each([null, 7, "flow", [], undefined])("that is %j is refused with a sentence", (document) => {
    const { flow, problems } = validateFlow(document, nodes);
    expect(flow).toBeUndefined();
    expect(problems[0]?.message).toContain("The flow must be an object");
  });

  test("tells all of its mistakes at once, each with code, place and sentence", () => {
    const { flow, problems } = validateFlow(
      {
        ...good,
        nodes: {
          button: { type: "mqtt-in", config: { filters: ["button/#/x"], decode: "xml", colour: "red" } },
          lamp: { type: "publish", config: { topic: "lamp/+", qos: 3 } },
          what: { type: "teleport" },
          rule: { type: "filter", config: { when: { "no-such-operator": [1] } } },
        },
        wires: [
          { from: "button.side", to: "lamp" },
          { from: "nobody", to: "lamp" },
          { from: "lamp", to: "button" },
        ],
      },
      nodes,
    );
    expect(flow).toBeUndefined();
    const found = problems.map(({ code, node, field, path }) => [code, node, field, path]);
    expect(found).toEqual(
      expect.arrayContaining([
        ["filter.invalid", "button", "filters", "/nodes/button/config/filters/0"],
        ["config.choice", "button", "decode", "/nodes/button/config/decode"],
        ["config.unknown", "button", "colour", "/nodes/button/config/colour"],
        ["topic.invalid", "lamp", "topic", "/nodes/lamp/config/topic"],
        ["node.unknown-type", "what", undefined, "/nodes/what/type"],
        ["wire.no-port", "button", undefined, "/wires/0/from"],
        ["wire.dangling", undefined, undefined, "/wires/1/from"],
        ["wire.no-port", "button", undefined, "/wires/2/to"],
      ]),
    );
    expect(found.some(([, node, field]) => node === "rule" && field === "when")).toBe(true);
    for (const { message } of problems) expect(message).toMatch(/^[A-Z"].*\.$/);
  });

  test("with unknown keys, wrong ids or wrong shapes is refused, with the path of each", () => {
    const { problems } = validateFlow(
      {
        ...good,
        id: "Not A Slug",
        extra: 1,
        layout: { button: [1] },
        tests: [{ name: "t", given: [{ at: "soon" }], expect: [] }],
      },
      nodes,
    );
    expect(problems.map(({ path }) => path)).toEqual([
      "/extra",
      "/id",
      "/layout/button",
      "/tests/0/given/0/at",
    ]);
  });

  test("whose wires run in a circle is refused", () => {
    const circle = {
      ...good,
      nodes: {
        ...good.nodes,
        a: { type: "log", config: { text: "a" } },
        b: { type: "log", config: { text: "b" } },
      },
      wires: [...good.wires, { from: "a", to: "b" }, { from: "b", to: "a" }],
    };
    const codes = validateFlow(circle, nodes).problems.filter(({ code }) => code === "wire.circle");
    expect(codes.map(({ node }) => node)).toEqual(["a", "b"]);
  });

  test("with nodes that nothing reaches is allowed, with a warning", () => {
    const { flow, problems } = validateFlow({ ...good, wires: [] }, nodes);
    expect(flow).toBeDefined();
    expect(problems.map(({ code, severity, node }) => [code, severity, node])).toEqual([
      ["node.unused", "warning", "button"],
      ["node.unreached", "warning", "lamp"],
    ]);
  });

  test("is never changed by the check, and hostile keys stay data", () => {
    const hostile = JSON.parse(
      `{"millrace":1,"id":"x","name":"x","nodes":{"a":{"type":"constructor","config":{"__proto__":{"polluted":1}}}},"wires":[]}`,
    ) as unknown;
    const before = JSON.stringify(hostile);
    expect(validateFlow(hostile, nodes).flow).toBeUndefined();
    expect(JSON.stringify(hostile)).toBe(before);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
