import { describe, expect, test } from "vitest";
import { nodes } from "../nodes/index.ts";
import { runFlowTests } from "./runFlowTests.ts";

const lamp = {
  millrace: 1,
  id: "lamp",
  name: "Lamp",
  nodes: {
    button: { type: "mqtt-in", config: { filters: ["button"] } },
    lamp: { type: "publish", config: { topic: "lamp/set", qos: 0 } },
  },
  wires: [{ from: "button", to: "lamp" }],
};

const given = [{ at: "5s", topic: "button", payload: "on" }];
const testing = (tests: readonly unknown[], flow: object = lamp) =>
  runFlowTests({ ...flow, tests }, nodes).results;

describe("a test of a flow", () => {
  test("passes when exactly the expected effects come, in order and in time", () => {
    const expectOn = [
      { at: "5s", node: "lamp", effect: "publish", with: { topic: "lamp/set", payload: "on" } },
    ];
    expect(testing([{ name: "t", given, expect: expectOn }])).toMatchObject([{ ok: true, differences: [] }]);
  });

  test.each([
    ["the time", [{ at: "6s", node: "lamp", effect: "publish" }]],
    ["the node", [{ node: "button", effect: "publish" }]],
    ["the effect", [{ node: "lamp", effect: "notify" }]],
    ["a field", [{ node: "lamp", effect: "publish", with: { payload: "off" } }]],
    ["one too few", []],
    [
      "one too many",
      [
        { node: "lamp", effect: "publish" },
        { node: "lamp", effect: "publish" },
      ],
    ],
  ])("fails with a sentence when it differs in %s", (_what, expected) => {
    const [result] = testing([{ name: "t", given, expect: expected }]);
    expect(result).toMatchObject({
      ok: false,
      differences: [expect.stringMatching(/^(Expected|Nothing more).*\.$/)],
    });
  });

  test("tells what failed on the way when the outcome is not the expected one", () => {
    const broken = {
      ...lamp,
      nodes: { ...lamp.nodes, lamp: { type: "publish", config: { topic: "lamp/{{payload.room}}" } } },
    };
    const [result] = testing([{ name: "t", given, expect: [{ node: "lamp", effect: "publish" }] }], broken);
    expect(result?.differences.join(" ")).toContain("payload.room");
  });

  test("is stopped when it causes too many runs, instead of holding up whoever asked", () => {
    const ticking = {
      ...lamp,
      nodes: { button: { type: "schedule", config: { kind: "every", every: "1s" } }, lamp: lamp.nodes.lamp },
    };
    const [result] = testing([{ name: "t", given: [], until: "400d", expect: [] }], ticking);
    expect(result?.differences[0]).toContain("too many runs");
  });

  test("of a broken document does not run; its problems are told", () => {
    const { results, problems } = runFlowTests({ ...lamp, nodes: { x: { type: "teleport" } } }, nodes);
    expect(results).toEqual([]);
    expect(problems.map(({ code }) => code)).toContain("node.unknown-type");
  });

  test("loops a flow's own publishes back to it, up to sixteen hops", () => {
    const looping = {
      ...lamp,
      nodes: { ...lamp.nodes, lamp: { type: "publish", config: { topic: "button", qos: 0 } } },
    };
    const [result] = testing([{ name: "t", given, expect: [] }], looping);
    expect(result?.effects).toHaveLength(16);
  });
});
